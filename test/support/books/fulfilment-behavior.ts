import { describe, expect, test } from '@jest/globals';
import type { RequestedFulfilment } from '../../../src/domain/fulfilment.js';
import { createScenes, type Books, type Scene } from './books.js';

const ADMITTED = { kind: 'admitted' };
const refused = (code: string, status = 'confirmed') => ({ kind: 'refused', code, status });

/** What holds for parcels in any shop's books. The orders are of two units. */
export function describeFulfilments(books: () => Books): void {
  const scenes = createScenes(books);
  const statusOf = async ({ order }: Scene) => (await books().entry(order.orderId)).status;
  const ship = ({ order, sku }: Scene, name: string, quantity?: number, more: Partial<RequestedFulfilment> = {}) => {
    const parcel = { carrier: null, trackingNumber: null, trackingUrl: null, fingerprint: 'f' };
    const items = quantity === undefined ? {} : { items: [{ sku, quantity }] };
    const { orderId } = order;
    return books().orders.createFulfilment({
      orderId,
      fulfilmentId: `${name}-${orderId}`,
      ...parcel,
      ...items,
      ...more,
    });
  };

  describe('a parcel', () => {
    test('with some of the goods leaves the order confirmed, the last one completes it', async () => {
      const scene = await scenes.paid();
      expect(await ship(scene, 'first', 1)).toEqual(ADMITTED);
      expect(await statusOf(scene)).toBe('confirmed');
      expect(await ship(scene, 'second', 1)).toEqual(ADMITTED);
      expect(await statusOf(scene)).toBe('completed');
    });

    test('without items has all that is left', async () => {
      const scene = await scenes.paid();
      await ship(scene, 'first', 1);
      expect(await ship(scene, 'rest')).toEqual(ADMITTED);
      expect(await statusOf(scene)).toBe('completed');
    });

    test('leaves once, no matter how often it is asked for, and another one under its name is refused', async () => {
      const scene = await scenes.paid();
      for (let run = 0; run < 3; run += 1) expect(await ship(scene, 'first', 1)).toEqual(ADMITTED);
      expect(await statusOf(scene)).toBe('confirmed');
      expect(await ship(scene, 'first', 1, { fingerprint: 'other' })).toEqual(refused('idempotency_conflict'));
      await ship(scene, 'second', 1);
      expect(await ship(scene, 'first', 1)).toEqual(ADMITTED);
    });

    test('never has more than was ordered and has not shipped', async () => {
      const scene = await scenes.paid();
      expect(await ship(scene, 'too much', 3)).toEqual(refused('exceeds_unshipped'));
      expect(await ship({ ...scene, sku: 'unicorn' }, 'strange', 1)).toEqual(refused('exceeds_unshipped'));
      await ship(scene, 'first', 1);
      expect(await ship(scene, 'too much', 2)).toEqual(refused('exceeds_unshipped'));
      expect(await statusOf(scene)).toBe('confirmed');
    });

    test('is refused before the order is paid, and once it is completed or to be cancelled', async () => {
      expect(await ship(await scenes.reserved(), 'first')).toEqual(refused('not_fulfillable', 'reserved'));
      expect(await ship(await scenes.completed(), 'first')).toEqual(refused('not_fulfillable', 'completed'));
      const scene = await scenes.paid();
      await books().orders.noteCancel(scene.run, 'asked for');
      expect(await ship(scene, 'first')).toEqual(refused('not_fulfillable'));
    });

    test('is refused while a refund is to bring the goods back', async () => {
      const scene = await scenes.paid();
      await ship(scene, 'first', 1);
      const { orderId } = scene.order;
      const refund = { orderId, refundId: `rf-${orderId}`, reason: 'sent back', restock: true, fingerprint: 'f' };
      expect(await books().refunds.openRefund(refund)).toEqual(ADMITTED);
      expect(await ship(scene, 'second', 1)).toEqual(refused('goods_returned'));
      expect(await books().orders.completeOrder(orderId)).toEqual(refused('goods_returned'));
    });
  });

  describe('an order of which something has shipped', () => {
    test('is completed with the rest, as before there were parcels', async () => {
      const scene = await scenes.paid();
      await ship(scene, 'first', 1);
      expect(await books().orders.completeOrder(scene.order.orderId)).toEqual(ADMITTED);
      expect(await statusOf(scene)).toBe('completed');
    });

    test('is neither cancelled nor changed', async () => {
      const scene = await scenes.paid();
      await ship(scene, 'first', 1);
      const { orderId } = scene.order;
      const cancel = { orderId, owner: 'cancel' };
      expect(await books().orders.takeOverToCancel(cancel, 'too late')).toEqual(refused('not_cancellable'));
      await books().orders.noteCancel(scene.run, 'too late');
      expect(await books().entry(orderId)).toMatchObject({ status: 'confirmed', cancelReason: null });
      const change = { orderId, changeId: 'c', changes: { metadata: {} } };
      expect(await books().orders.amendOrder(change)).toEqual(refused('not_changeable'));
    });
  });
}
