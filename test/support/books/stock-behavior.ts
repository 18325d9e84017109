import { describe, expect, test } from '@jest/globals';
import { CANCELLED, captureOf, CALL, createScenes, failedBy, FIRST, SECOND, TTL_MS, type Books } from './books.js';
import { anOrder } from '../orders.js';

/** What holds for the stock of any shop's books. */
export function describeStock(books: () => Books): void {
  const scenes = createScenes(books);
  const heldBy = async (orderId: string) => (await books().entry(orderId)).held;

  describe('reserving', () => {
    test('reserves every line once, no matter how often it is tried', async () => {
      const { order, sku } = await scenes.accepted({ quantity: 3 });
      for (let tries = 0; tries < 2; tries += 1) {
        expect(await books().reservations.reserveInventory({ order, owner: FIRST, ttlMs: TTL_MS })).toEqual({
          kind: 'reserved',
        });
        expect(await books().available(sku)).toBe(7);
      }
      expect(await books().entry(order.orderId)).toMatchObject({ status: 'reserved', owner: FIRST, held: ['active'] });
    });

    test('holds nothing when one line is short, and names what is missing', async () => {
      const [plenty, short] = [await books().product(10), await books().product(1)];
      const line = { name: 'Thing', unitPriceMinor: 100, quantity: 2 };
      const order = anOrder({ lines: [plenty, short].toSorted().map((sku) => ({ ...line, sku })), totalMinor: 400 });
      expect(await books().reservations.reserveInventory({ order, owner: FIRST, ttlMs: TTL_MS })).toEqual({
        kind: 'out_of_stock',
        shortages: [{ sku: short, requested: 2, available: 1 }],
      });
      expect([await books().available(plenty), await books().available(short)]).toEqual([10, 1]);
      expect(await books().entry(order.orderId)).toMatchObject({ status: 'pending', held: [] });
    });

    test('takes exactly what is there, and not one more', async () => {
      const { order, sku } = await scenes.accepted({ quantity: 2, onHand: 2 });
      expect(await books().reservations.reserveInventory({ order, owner: FIRST, ttlMs: TTL_MS })).toEqual({
        kind: 'reserved',
      });
      const other = anOrder({ lines: order.lines });
      expect(await books().reservations.reserveInventory({ order: other, owner: FIRST, ttlMs: TTL_MS })).toMatchObject({
        kind: 'out_of_stock',
      });
      expect(await books().available(sku)).toBe(0);
    });

    test('is superseded when another run owns the order', async () => {
      const scene = await scenes.placed();
      await scenes.takenOver(scene);
      expect(await books().reservations.reserveInventory({ order: scene.order, owner: FIRST, ttlMs: TTL_MS })).toEqual({
        kind: 'superseded',
      });
      expect(await books().available(scene.sku)).toBe(10);
    });

    test('is superseded while the order is in review', async () => {
      const { order, sku } = await scenes.placed();
      await books().screenings.screened(order, FIRST, { verdict: 'review', detail: 'large' }, TTL_MS);
      expect(await books().reservations.reserveInventory({ order, owner: FIRST, ttlMs: TTL_MS })).toEqual({
        kind: 'superseded',
      });
      expect(await books().available(sku)).toBe(10);
    });

    test.each([failedBy('inventory_unavailable'), CANCELLED])(
      'takes nothing for an order that is undone, and says what it ends as (%j)',
      async (ending) => {
        const scene = await scenes.placed();
        await scenes.undo(scene, ending);
        for (let tries = 0; tries < 2; tries += 1) {
          const late = await books().reservations.reserveInventory({ order: scene.order, owner: FIRST, ttlMs: TTL_MS });
          expect(late).toEqual({ kind: 'undoing', ending });
          await books().orders.endOrder(scene.run, ending);
        }
        expect(await books().available(scene.sku)).toBe(10);
      },
    );

    test('takes nothing more for an order that is paid', async () => {
      const { order, sku } = await scenes.paid();
      expect(await books().reservations.reserveInventory({ order, owner: FIRST, ttlMs: TTL_MS })).toEqual({
        kind: 'reserved',
      });
      expect(await books().available(sku)).toBe(8);
    });
  });

  describe('releasing', () => {
    test.each([failedBy('payment_declined'), CANCELLED])('gives back what is held, once (%j)', async (ending) => {
      const scene = await scenes.reserved();
      await books().reservations.reserveInventory({
        order: anOrder({ lines: scene.order.lines }),
        owner: FIRST,
        ttlMs: TTL_MS,
      });
      await scenes.undo(scene, ending);
      for (let tries = 0; tries < 2; tries += 1) {
        await books().reservations.releaseInventory(scene.run);
        expect(await books().available(scene.sku)).toBe(8);
      }
      expect(await heldBy(scene.order.orderId)).toEqual(['released']);
    });

    test('gives back as expired when that is why the order fails', async () => {
      const scene = await scenes.reserved();
      await scenes.undo(scene, failedBy('expired'));
      await books().reservations.releaseInventory(scene.run);
      expect(await heldBy(scene.order.orderId)).toEqual(['expired']);
    });

    test('restocks what was sold, once', async () => {
      const scene = await scenes.paid();
      await scenes.undo(scene, CANCELLED);
      for (let tries = 0; tries < 2; tries += 1) {
        await books().reservations.releaseInventory(scene.run);
        expect(await books().available(scene.sku)).toBe(10);
      }
      expect(await heldBy(scene.order.orderId)).toEqual(['restocked']);
    });

    test('gives back nothing before the undo has begun', async () => {
      const scene = await scenes.reserved();
      await books().reservations.releaseInventory(scene.run);
      expect(await heldBy(scene.order.orderId)).toEqual(['active']);
    });

    test('gives back nothing for a run that no longer owns the order', async () => {
      const scene = await scenes.reserved();
      await scenes.undo(scene, CANCELLED);
      await scenes.takenOver(scene);
      await books().reservations.releaseInventory(scene.run);
      expect(await heldBy(scene.order.orderId)).toEqual(['active']);
      await books().reservations.releaseInventory({ ...scene.run, owner: SECOND });
      expect(await heldBy(scene.order.orderId)).toEqual(['released']);
    });
  });

  describe('restocking', () => {
    async function refundOf(restock: boolean) {
      const { order, sku } = await scenes.paid();
      const refundId = `${order.orderId}-back`;
      const refund = { orderId: order.orderId, refundId, reason: 'broken', restock, fingerprint: 'one' };
      await books().refunds.openRefund(refund);
      const [{ key } = { key: '' }] = (await books().entry(order.orderId)).refunds;
      const succeed = () => books().refunds.record(key, { kind: 'refunded', reference: 're_1' }, 1);
      const restockIt = () => books().reservations.restockOrder({ orderId: order.orderId, refundId });
      return { order, sku, succeed, restockIt };
    }

    test('waits for the money, and puts the goods back once', async () => {
      const { order, sku, succeed, restockIt } = await refundOf(true);
      await restockIt();
      expect(await books().available(sku)).toBe(8);
      await succeed();
      for (let tries = 0; tries < 2; tries += 1) {
        await restockIt();
        expect(await books().available(sku)).toBe(10);
      }
      expect(await heldBy(order.orderId)).toEqual(['restocked']);
    });

    test('puts nothing back for a refund that did not ask for it', async () => {
      const { order, sku, succeed, restockIt } = await refundOf(false);
      await succeed();
      await restockIt();
      expect(await books().available(sku)).toBe(8);
      expect(await heldBy(order.orderId)).toEqual(['committed']);
    });
  });

  describe('a reservation that was lost', () => {
    test('is taken again by the capture while there is stock', async () => {
      const { order, run, sku } = await scenes.sent();
      await books().loseHold(order.orderId);
      expect(await books().charges.captured(run, 1, captureOf(order), CALL)).toEqual({ kind: 'confirmed' });
      expect(await books().available(sku)).toBe(8);
      expect(await books().entry(order.orderId)).toMatchObject({ status: 'confirmed', held: ['committed'], paidBy: 1 });
    });

    test('leaves the captured order unreserved when others have taken the stock', async () => {
      const { order, run, sku } = await scenes.sent({ onHand: 2 });
      await books().loseHold(order.orderId);
      await books().reservations.reserveInventory({
        order: anOrder({ lines: order.lines }),
        owner: FIRST,
        ttlMs: TTL_MS,
      });
      expect(await books().charges.captured(run, 1, captureOf(order), CALL)).toEqual({ kind: 'unreserved' });
      expect(await books().available(sku)).toBe(0);
      expect(await books().entry(order.orderId)).toMatchObject({ status: 'reserved', paidBy: null });
    });
  });
}
