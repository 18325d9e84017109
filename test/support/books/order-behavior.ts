import { describe, expect, test } from '@jest/globals';
import { CANCELLED, captureOf, CALL, createScenes, failedBy, FIRST, SECOND, TTL_MS, type Books } from './books.js';

/** What holds for the way of an order's row in any shop's books. */
export function describeOrders(books: () => Books): void {
  const scenes = createScenes(books);
  const entry = (orderId: string) => books().entry(orderId);

  describe('a cancel that a run has received', () => {
    test('is kept with the first reason', async () => {
      const { order, run } = await scenes.reserved();
      await books().orders.noteCancel(run, 'first');
      await books().orders.noteCancel(run, 'second');
      expect(await entry(order.orderId)).toMatchObject({ status: 'reserved', cancelReason: 'first' });
    });

    test.each([
      ['failed', async () => scenes.failed(await scenes.reserved(), 'payment_declined')],
      ['completed', scenes.completed],
    ])('comes too late for an order that is %s', async (status, scene) => {
      const { order, run } = await scene();
      await books().orders.noteCancel(run, 'too late');
      expect(await entry(order.orderId)).toMatchObject({ status, cancelReason: null });
    });
  });

  describe('a change of what the shop wrote beside an order', () => {
    const change = (orderId: string, changeId: string, more = {}) => {
      return books().orders.amendOrder({ orderId, changeId, changes: { metadata: { note: changeId } }, ...more });
    };

    test('takes effect once, no matter how often it is run', async () => {
      const { order } = await scenes.paid();
      const { version } = await entry(order.orderId);
      for (let run = 0; run < 2; run += 1) {
        expect(await change(order.orderId, 'first', { expected: [version] })).toEqual({ kind: 'admitted' });
      }
      expect(await entry(order.orderId)).toMatchObject({ version: version + 1, metadata: { note: 'first' } });
    });

    test('is refused for another version, and changes nothing', async () => {
      const { order } = await scenes.reserved();
      const before = await entry(order.orderId);
      const stale = await change(order.orderId, 'first', { expected: [before.version + 1] });
      expect(stale).toEqual({ kind: 'refused', code: 'stale', status: 'reserved' });
      expect(await entry(order.orderId)).toEqual(before);
    });

    test.each([
      ['completed', () => scenes.completed()],
      ['failed', async () => scenes.failed(await scenes.reserved(), 'payment_declined')],
      [
        'reserved',
        async () => {
          const scene = await scenes.reserved();
          await books().orders.noteCancel(scene.run, 'asked for');
          return scene;
        },
      ],
    ])('comes too late for an order that is %s and shipped, over or to be cancelled', async (status, scene) => {
      const { order } = await scene();
      expect(await change(order.orderId, 'first')).toEqual({ kind: 'refused', code: 'not_changeable', status });
    });

    test('waits for the row of the order', async () => {
      const { order } = await scenes.accepted();
      await expect(change(order.orderId, 'first')).rejects.toThrow('no row');
    });
  });

  describe('an undo', () => {
    test.each([
      [failedBy('payment_declined'), 'compensating'],
      [CANCELLED, 'cancelling'],
    ])('keeps how the order will end (%j)', async (ending, status) => {
      const scene = await scenes.reserved();
      expect(await scenes.undo(scene, ending)).toEqual({ kind: 'open', ending });
      expect(await entry(scene.order.orderId)).toMatchObject({ status, held: ['active'] });
      for (const other of [CANCELLED, failedBy('out_of_stock')]) {
        expect(await scenes.undo(scene, other)).toEqual({ kind: 'open', ending });
      }
    });

    test('writes the row of an order that no step had written', async () => {
      const scene = await scenes.accepted();
      expect(await scenes.undo(scene, CANCELLED)).toEqual({ kind: 'open', ending: CANCELLED });
      expect(await entry(scene.order.orderId)).toMatchObject({ status: 'cancelling', owner: FIRST, held: [] });
    });

    test.each([
      ['has a row', async () => scenes.reserved()],
      ['has none yet', async () => scenes.accepted()],
    ])('of a failure gives way to a cancel that was accepted, if the order %s', async (_, begin) => {
      const scene = await begin();
      await books().orders.noteCancel(scene.run, 'asked for');
      expect(await scenes.undo(scene, failedBy('payment_declined'))).toEqual({ kind: 'open', ending: CANCELLED });
      expect(await entry(scene.order.orderId)).toMatchObject({ status: 'cancelling' });
    });

    test('of an order that is given up unpaid ends it as expired when its time to pay is over', async () => {
      const scene = await scenes.reserved(-1_000);
      const opening = await scenes.undo(scene, failedBy('payment_unavailable'));
      expect(opening).toMatchObject({ kind: 'open', ending: { failure: { step: 'charge', reason: 'expired' } } });
    });

    test('leaves an order in review there until its end', async () => {
      const scene = await scenes.placed();
      await books().screenings.screened(scene.order, FIRST, { verdict: 'review', detail: 'large' }, TTL_MS);
      expect(await scenes.undo(scene, CANCELLED)).toEqual({ kind: 'open', ending: CANCELLED });
      expect(await entry(scene.order.orderId)).toMatchObject({ status: 'in_review' });
      await books().orders.endOrder(scene.run, CANCELLED);
      expect(await entry(scene.order.orderId)).toMatchObject({ status: 'cancelled' });
    });

    test('of a failure is void once the order is paid, that of a cancel is not', async () => {
      const scene = await scenes.paid();
      expect(await scenes.undo(scene, failedBy('payment_unavailable'))).toEqual({ kind: 'confirmed' });
      expect(await entry(scene.order.orderId)).toMatchObject({ status: 'confirmed' });
      expect(await scenes.undo(scene, CANCELLED)).toEqual({ kind: 'open', ending: CANCELLED });
      expect(await entry(scene.order.orderId)).toMatchObject({ status: 'cancelling', held: ['committed'] });
    });

    test('does nothing to a completed order', async () => {
      const scene = await scenes.completed();
      expect(await scenes.undo(scene, CANCELLED)).toEqual({ kind: 'superseded' });
      expect(await entry(scene.order.orderId)).toMatchObject({ status: 'completed' });
    });

    test.each([failedBy('payment_declined'), CANCELLED])(
      'by a run that no longer owns the order does nothing (%j)',
      async (end) => {
        const scene = await scenes.reserved();
        await scenes.takenOver(scene);
        expect(await scenes.undo(scene, end)).toEqual({ kind: 'superseded' });
        expect(await entry(scene.order.orderId)).toMatchObject({ status: 'reserved', owner: SECOND });
      },
    );
  });

  describe('the end of an order', () => {
    test('comes once, and needs its undo', async () => {
      const scene = await scenes.reserved();
      await expect(books().orders.endOrder(scene.run, CANCELLED)).rejects.toThrow();
      await scenes.undo(scene, CANCELLED);
      for (let tries = 0; tries < 2; tries += 1) await books().orders.endOrder(scene.run, CANCELLED);
      expect(await entry(scene.order.orderId)).toMatchObject({ status: 'cancelled', letters: [] });
    });

    test('is not written by a run that no longer owns the order', async () => {
      const scene = await scenes.reserved();
      await scenes.undo(scene, CANCELLED);
      await scenes.takenOver(scene);
      await books().orders.endOrder(scene.run, CANCELLED);
      expect(await entry(scene.order.orderId)).toMatchObject({ status: 'cancelling' });
    });

    test.each([
      ['payment_unavailable', ['charge']],
      ['inventory_unavailable', ['reserve']],
      ['payment_declined', []],
      ['out_of_stock', []],
    ] as const)('as failed by %s leaves to a person: %j', async (reason, kinds) => {
      const { order } = await scenes.failed(await scenes.reserved(), reason);
      const { letters } = await entry(order.orderId);
      expect(letters.map(({ kind, state }) => [kind, state])).toEqual(kinds.map((kind) => [kind, 'open']));
    });

    test('resolves the dead letters of its run, but not that of a requested refund', async () => {
      const scene = await scenes.reserved();
      const { orderId } = scene.order;
      const letter = { orderId, step: 'release', errorClass: 'Error', lastError: 'it fails' };
      await books().deadLetters.openDeadLetter({ ...letter, kind: 'compensation' });
      await books().deadLetters.openDeadLetter({ ...letter, kind: 'run' });
      await books().deadLetters.openDeadLetter({ ...letter, kind: 'compensation', subject: 'refund-1' });
      await scenes.failed(scene, 'payment_declined');
      const { letters } = await entry(orderId);
      expect(letters.map(({ state }) => state)).toEqual(['resolved', 'resolved', 'open']);
    });

    test('opens the dead letter again that its redrive had taken up', async () => {
      const { order, run } = await scenes.failed(await scenes.reserved(), 'payment_unavailable');
      const { id } = await scenes.letter(order.orderId, 'charge');
      const next = { order, run: { ...run, owner: SECOND }, sku: '' };
      await books().orders.takeOverToRedrive(next.run, id);
      expect(await entry(order.orderId)).toMatchObject({ letters: [{ id, state: 'redriving' }] });
      await scenes.failed(next, 'payment_unavailable');
      const { letters } = await entry(order.orderId);
      expect(letters.map((letter) => [letter.id, letter.state])).toEqual([[id, 'open']]);
    });
  });

  describe('a paid order', () => {
    test('is completed once, and not before it is paid', async () => {
      const { orderId } = (await scenes.reserved()).order;
      expect(await books().orders.completeOrder(orderId)).toEqual(refused('not_fulfillable', 'reserved'));
      const paid = (await scenes.paid()).order.orderId;
      for (let tries = 0; tries < 2; tries += 1) expect(await books().orders.completeOrder(paid)).toEqual(ADMITTED);
      expect(await entry(paid)).toMatchObject({ status: 'completed' });
      expect(await books().orders.completeOrder('nowhere')).toEqual(refused('not_found', null));
    });

    test('is not completed after its cancel was accepted', async () => {
      const { order, run } = await scenes.paid();
      await books().orders.noteCancel(run, 'asked for');
      expect(await books().orders.completeOrder(order.orderId)).toEqual(refused('not_fulfillable', 'confirmed'));
    });
  });

  describe('a run that takes an order over', () => {
    test('to cancel it owns a paid order and begins its undo, once', async () => {
      const { order } = await scenes.paid();
      const run = { orderId: order.orderId, owner: SECOND };
      for (let tries = 0; tries < 2; tries += 1) {
        expect(await books().orders.takeOverToCancel(run, 'asked for')).toEqual(ADMITTED);
      }
      expect(await entry(order.orderId)).toMatchObject({
        status: 'cancelling',
        owner: SECOND,
        cancelReason: 'asked for',
      });
      const other = { status: 'cancelled', reason: 'another' } as const;
      const opening = await books().orders.beginUndo({ order, owner: SECOND, ending: other });
      expect(opening).toEqual({ kind: 'open', ending: CANCELLED });
    });

    test('to cancel it is refused unless the order is paid', async () => {
      const run = (orderId: string) => ({ orderId, owner: SECOND });
      const cancel = (orderId: string) => books().orders.takeOverToCancel(run(orderId), 'asked for');
      const reserved = await scenes.reserved();
      expect(await cancel(reserved.order.orderId)).toEqual(refused('not_cancellable', 'reserved'));
      expect(await cancel((await scenes.completed()).order.orderId)).toEqual(refused('not_cancellable', 'completed'));
      await scenes.undo(reserved, CANCELLED);
      await books().orders.endOrder(reserved.run, CANCELLED);
      expect(await cancel(reserved.order.orderId)).toEqual(refused('already_cancelled', 'cancelled'));
      expect(await cancel('nowhere')).toEqual(refused('not_found', null));
    });

    test('to redrive it begins a failed order again, with its dead letter, once', async () => {
      const { order } = await scenes.failed(await scenes.reserved(), 'payment_unavailable');
      const { id } = await scenes.letter(order.orderId, 'charge');
      const redrive = (owner: string) => books().orders.takeOverToRedrive({ orderId: order.orderId, owner }, id);
      for (let tries = 0; tries < 2; tries += 1) expect(await redrive(SECOND)).toEqual(ADMITTED);
      expect(await entry(order.orderId)).toMatchObject({
        status: 'pending',
        owner: SECOND,
        letters: [{ state: 'redriving' }],
      });
      expect(await redrive('run-3')).toEqual(refused('not_redrivable', 'pending'));
      expect(await books().reservations.reserveInventory({ order, owner: SECOND, ttlMs: TTL_MS })).toEqual({
        kind: 'reserved',
      });
    });

    test('to redrive it is refused when the failure is final, or the dead letter is not its own', async () => {
      const declined = await scenes.failed(await scenes.reserved(), 'payment_declined');
      const other = await scenes.failed(await scenes.reserved(), 'payment_unavailable');
      const { id } = await scenes.letter(other.order.orderId, 'charge');
      const redrive = (orderId: string) => books().orders.takeOverToRedrive({ orderId, owner: SECOND }, id);
      expect(await redrive(declined.order.orderId)).toEqual(refused('not_redrivable', 'failed'));
      const third = await scenes.failed(await scenes.reserved(), 'inventory_unavailable');
      expect(await redrive(third.order.orderId)).toEqual(refused('superseded', 'failed'));
      expect(await redrive('nowhere')).toEqual(refused('not_found', null));
    });

    test('to recover it owns it, whatever its status, and learns its current state', async () => {
      const recover = (scene: { order: Parameters<Books['orders']['takeOverToRecover']>[0] }) =>
        books().orders.takeOverToRecover(scene.order, SECOND);
      const nowhere = await scenes.accepted();
      expect(await recover(nowhere)).toEqual({ kind: 'open' });
      expect(await entry(nowhere.order.orderId)).toMatchObject({ status: 'pending', owner: SECOND });
      const reserved = await scenes.reserved();
      expect(await recover(reserved)).toEqual({ kind: 'open' });
      expect(await entry(reserved.order.orderId)).toMatchObject({ status: 'reserved', owner: SECOND });
      expect(await recover(await scenes.paid())).toEqual({ kind: 'ended' });
      expect(await recover(await scenes.failed(await scenes.reserved(), 'payment_declined'))).toEqual({
        kind: 'ended',
      });
    });

    test('to recover it continues an undo that was begun, or a cancel that was accepted', async () => {
      const undone = await scenes.reserved();
      await scenes.undo(undone, failedBy('payment_declined'));
      const failing = { kind: 'undoing', ending: failedBy('payment_declined') };
      expect(await books().orders.takeOverToRecover(undone.order, SECOND)).toEqual(failing);
      for (const scene of [await scenes.reserved(), await scenes.paid(), await scenes.accepted()]) {
        await books().orders.noteCancel(scene.run, 'asked for');
        const cancelling = { kind: 'undoing', ending: CANCELLED };
        expect(await books().orders.takeOverToRecover(scene.order, SECOND)).toEqual(cancelling);
      }
      const captured = await scenes.sent();
      await books().orders.noteCancel(captured.run, 'asked for');
      await books().charges.captured(captured.run, 1, captureOf(captured.order), CALL);
      expect(await books().orders.takeOverToRecover(captured.order, SECOND)).toMatchObject({ kind: 'undoing' });
    });
  });
}

const ADMITTED = { kind: 'admitted' };
const refused = (code: string, status: string | null) => ({ kind: 'refused', code, status });
