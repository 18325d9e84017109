import { describe, expect, test } from '@jest/globals';
import type { RequestedRefund } from '../../../src/domain/requested-refund.js';
import { CALL, CANCELLED, captureOf, createScenes, failedBy, SECOND, type Books, type Scene } from './books.js';

const REFUNDED = { kind: 'refunded', reference: 're_1' } as const;
const REFUSED = { kind: 'refused', code: 'account_closed' } as const;
const ADMITTED = { kind: 'admitted' };
const refused = (code: string, status: string | null) => ({ kind: 'refused', code, status });

/** What holds for the refunds of any shop's books, until they are sent. */
export function describeRefunds(books: () => Books): void {
  const scenes = createScenes(books);
  const refundsOf = async (orderId: string) => (await books().entry(orderId)).refunds;

  function asked({ order }: Pick<Scene, 'order'>, name: string, more: Partial<RequestedRefund> = {}): RequestedRefund {
    const { orderId } = order;
    return { orderId, refundId: `${orderId}-${name}`, reason: 'broken', restock: false, fingerprint: name, ...more };
  }

  async function keyOf({ orderId, refundId }: RequestedRefund): Promise<string> {
    return (await refundsOf(orderId)).find((refund) => refund.refundId === refundId)?.key ?? '';
  }

  describe('what has to go back', () => {
    test('is what was captured for an order that is undone, once, under the key of its charge', async () => {
      const { order, run } = await scenes.mischarged();
      const { orderId, currency } = order;
      const chargeKey = `${orderId}:charge:1`;
      const request = { key: `${chargeKey}:undo`, chargeKey, orderId, amountMinor: 1_000, currency };
      for (let tries = 0; tries < 2; tries += 1) {
        expect(await books().refunds.due(run)).toMatchObject([{ state: 'due', request }]);
      }
      expect(await refundsOf(orderId)).toHaveLength(1);
      await books().refunds.record(request.key, REFUNDED, 1);
      expect(await books().refunds.due(run)).toEqual([]);
    });

    test('is nothing while the order may still be paid, nor the payment of one that is', async () => {
      const mischarged = await scenes.sent();
      await books().charges.captured(mischarged.run, 1, { ...captureOf(mischarged.order), amountMinor: 1 }, CALL);
      for (const { run } of [mischarged, await scenes.paid(), await scenes.completed()]) {
        expect(await books().refunds.due(run)).toEqual([]);
      }
    });

    test('is nothing that a run may send which no longer owns the order', async () => {
      const scene = await scenes.mischarged();
      const next = await scenes.takenOver(scene);
      expect(await books().refunds.due(scene.run)).toEqual([]);
      expect(await books().refunds.due(next)).toHaveLength(1);
    });

    test('is the money that a charge of an earlier run took besides the payment', async () => {
      const scene = await scenes.sent();
      await books().charges.declined(scene.run, 1, 'no', CALL);
      const next = await scenes.takenOver(scene);
      await scenes.claim(next);
      await books().charges.captured(next, 2, captureOf(scene.order), CALL);
      await books().charges.captured(scene.run, 1, captureOf(scene.order), CALL);
      const chargeKey = `${scene.order.orderId}:charge:1`;
      expect(await books().refunds.due(next)).toMatchObject([{ state: 'due', request: { chargeKey } }]);
    });

    test('is what requested refunds have not returned, when a paid order is cancelled', async () => {
      const scene = await scenes.paid();
      const [done, failed] = [
        asked(scene, 'done', { amountMinor: 1_000 }),
        asked(scene, 'failed', { amountMinor: 500 }),
      ];
      for (const one of [done, failed]) await books().refunds.openRefund(one);
      await books().refunds.record(await keyOf(done), REFUNDED, 1);
      await books().refunds.record(await keyOf(failed), REFUSED, 1);
      await scenes.undo(scene, CANCELLED);
      const due = await books().refunds.due(scene.run);
      expect(due).toMatchObject([{ state: 'due', request: { amountMinor: 2_998 } }]);
      expect(await scenes.letter(scene.order.orderId, 'refund')).toMatchObject({ state: 'resolved' });
    });

    test('waits for a person once it is refused, and is looked up once its outcome is unknown', async () => {
      const refusedOne = await scenes.mischarged();
      const [due] = await books().refunds.due(refusedOne.run);
      if (due?.state !== 'due') throw new Error('nothing is due');
      await books().refunds.record(due.request.key, REFUSED, 1);
      expect(await books().refunds.due(refusedOne.run)).toEqual([{ state: 'refused', code: REFUSED.code }]);

      const unknown = await scenes.mischarged();
      const [other] = await books().refunds.due(unknown.run);
      if (other?.state !== 'due') throw new Error('nothing is due');
      await books().refunds.record(other.request.key, { kind: 'ambiguous', reason: 'no answer' }, 1, 1);
      expect(await books().refunds.due(unknown.run)).toEqual([{ ...other, state: 'unknown' }]);
    });
  });

  describe('a requested refund', () => {
    test('is recorded once, under its own key, and by default for everything that is left', async () => {
      const scene = await scenes.paid();
      const first = asked(scene, 'first', { amountMinor: 1_000 });
      for (let tries = 0; tries < 2; tries += 1) expect(await books().refunds.openRefund(first)).toEqual(ADMITTED);
      const rest = asked(scene, 'rest');
      expect(await books().refunds.openRefund(rest)).toEqual(ADMITTED);
      const refunds = await refundsOf(scene.order.orderId);
      expect(refunds.map(({ refundId, amountMinor, state }) => [refundId, amountMinor, state])).toEqual([
        [first.refundId, 1_000, 'pending'],
        [rest.refundId, 2_998, 'pending'],
      ]);
      expect(new Set(refunds.map(({ key }) => key)).size).toBe(2);
      const { orderId, currency } = scene.order;
      const key = await keyOf(first);
      const request = { key, chargeKey: `${orderId}:charge:1`, orderId, amountMinor: 1_000, currency };
      expect(await books().refunds.dueOne(first)).toMatchObject([{ state: 'due', request }]);
    });

    test('conflicts with another under its id, and with those of the undo', async () => {
      const scene = await scenes.paid();
      const first = asked(scene, 'first', { amountMinor: 100 });
      await books().refunds.openRefund(first);
      const conflict = refused('idempotency_conflict', 'confirmed');
      expect(await books().refunds.openRefund({ ...first, fingerprint: 'other' })).toEqual(conflict);
      expect(await books().refunds.openRefund({ ...first, refundId: 'undo-it' })).toEqual(conflict);
      const elsewhere = await scenes.paid();
      expect(await books().refunds.openRefund({ ...first, orderId: elsewhere.order.orderId })).toEqual(conflict);
    });

    test('is refused beyond what is left, also while others are under way', async () => {
      const scene = await scenes.paid();
      const open = (name: string, amountMinor?: number) =>
        books().refunds.openRefund(asked(scene, name, amountMinor === undefined ? {} : { amountMinor }));
      const exceeds = refused('refund_exceeds_captured', 'confirmed');
      expect(await open('much', 3_999)).toEqual(exceeds);
      expect(await open('none', 0)).toEqual(exceeds);
      const one = asked(scene, 'one', { amountMinor: 3_000 });
      await books().refunds.openRefund(one);
      expect(await open('two', 999)).toEqual(exceeds);
      await books().refunds.record(await keyOf(one), { kind: 'ambiguous', reason: 'no answer' }, 1);
      expect(await open('two', 999)).toEqual(exceeds);
      await books().refunds.record(await keyOf(one), REFUSED, 1);
      expect(await open('two', 999)).toEqual(ADMITTED);
    });

    test('is refused unless the order is paid', async () => {
      const reserved = await scenes.reserved();
      const undone = await scenes.paid();
      await scenes.undo(undone, CANCELLED);
      expect(await books().refunds.openRefund(asked(reserved, 'a'))).toEqual(refused('not_refundable', 'reserved'));
      expect(await books().refunds.openRefund(asked(undone, 'a'))).toEqual(refused('not_refundable', 'cancelling'));
      expect(await books().refunds.openRefund(asked(await scenes.completed(), 'a'))).toEqual(ADMITTED);
      expect(await books().refunds.openRefund({ ...asked(undone, 'a'), orderId: 'nowhere' })).toEqual(
        refused('not_found', null),
      );
    });

    test('brings the goods back once, for all of the money that is left', async () => {
      const scene = await scenes.paid();
      const back = (name: string, amountMinor: number) => asked(scene, name, { amountMinor, restock: true });
      const part = refused('restock_needs_full_refund', 'confirmed');
      expect(await books().refunds.openRefund(back('part', 3_997))).toEqual(part);
      await books().refunds.openRefund(asked(scene, 'first', { amountMinor: 1_000 }));
      expect(await books().refunds.openRefund(back('whole', 2_998))).toEqual(ADMITTED);
      expect(await books().refunds.openRefund(back('again', 1))).toEqual(refused('goods_returned', 'confirmed'));
    });

    test('keeps the goods from being shipped until it has failed permanently, and then no longer returns them', async () => {
      const scene = await scenes.paid();
      const { orderId } = scene.order;
      const back = asked(scene, 'back', { restock: true });
      await books().refunds.openRefund(back);
      const returned = refused('goods_returned', 'confirmed');
      expect(await books().orders.completeOrder(orderId)).toEqual(returned);
      await books().refunds.record(await keyOf(back), REFUSED, 1);
      expect(await books().orders.completeOrder(orderId)).toEqual(returned);
      await books().deadLetters.resolveDeadLetter(orderId, 'refund', 'given up', back.refundId);
      expect(await books().refunds.dueOne(back)).toEqual([]);
      expect(await books().orders.completeOrder(orderId)).toEqual(ADMITTED);
      expect(await refundsOf(orderId)).toMatchObject([{ restock: false }]);
    });

    test('is due until it has succeeded, and waits for a person once it is refused', async () => {
      const scene = await scenes.paid();
      const one = asked(scene, 'one', { amountMinor: 100 });
      await books().refunds.openRefund(one);
      const key = await keyOf(one);
      await books().refunds.record(key, { kind: 'ambiguous', reason: 'no answer' }, 1, 1);
      expect(await books().refunds.dueOne(one)).toMatchObject([{ state: 'unknown', request: { key } }]);
      await books().refunds.record(key, REFUSED, 1);
      expect(await books().refunds.dueOne(one)).toEqual([{ state: 'refused', code: REFUSED.code }]);
      await books().refunds.record(key, REFUNDED, 1);
      expect(await books().refunds.dueOne(one)).toEqual([]);
      await expect(books().refunds.dueOne({ ...one, refundId: 'nowhere' })).rejects.toThrow();
    });
  });

  describe('a redrive of a refused refund', () => {
    test('gives it a new key, once', async () => {
      const { order, run } = await scenes.mischarged();
      const [due] = await books().refunds.due(run);
      if (due?.state !== 'due') throw new Error('nothing is due');
      await books().refunds.record(due.request.key, REFUSED, 1);
      const { id } = await scenes.letter(order.orderId, 'refund');
      for (let tries = 0; tries < 2; tries += 1) await books().refunds.redriveRefund(order.orderId, id);
      const [refund] = await refundsOf(order.orderId);
      expect(refund).toMatchObject({ state: 'pending', amountMinor: 1_000 });
      expect(refund?.key).not.toBe(due.request.key);
      expect(await scenes.letter(order.orderId, 'refund')).toMatchObject({ id, state: 'redriving' });
      expect(await books().refunds.due(run)).toMatchObject([{ state: 'due', request: { key: refund?.key } }]);
      expect(await books().refunds.claim(due.request.key, 0)).toEqual({ kind: 'replaced' });
    });

    test('of an unknown one leaves its key', async () => {
      const { order, run } = await scenes.mischarged();
      const [due] = await books().refunds.due(run);
      if (due?.state !== 'due') throw new Error('nothing is due');
      await books().refunds.record(due.request.key, { kind: 'ambiguous', reason: 'no answer' }, 1, 1);
      await books().refunds.redriveRefund(order.orderId, (await scenes.letter(order.orderId, 'refund')).id);
      expect(await refundsOf(order.orderId)).toMatchObject([{ key: due.request.key, state: 'unknown' }]);
      expect(await scenes.letter(order.orderId, 'refund')).toMatchObject({ state: 'redriving' });
    });

    test('sends nothing when other refunds have given the money back since', async () => {
      const scene = await scenes.paid();
      const [first, second] = [asked(scene, 'first'), asked(scene, 'second')];
      await books().refunds.openRefund(first);
      await books().refunds.record(await keyOf(first), REFUSED, 1);
      const { id } = await scenes.letter(scene.order.orderId, 'refund');
      await books().refunds.openRefund(second);
      await books().refunds.redriveRefund(scene.order.orderId, id);
      expect(await refundsOf(scene.order.orderId)).toMatchObject([{ state: 'failed' }, { state: 'pending' }]);
      expect(await scenes.letter(scene.order.orderId, 'refund')).toMatchObject({ id, state: 'resolved' });
      expect(await books().refunds.dueOne(first)).toEqual([]);
    });

    test('with the dead letter of another order changes nothing', async () => {
      const [one, other] = [await scenes.mischarged(), await scenes.mischarged()];
      for (const { run } of [one, other]) {
        const [due] = await books().refunds.due(run);
        if (due?.state === 'due') await books().refunds.record(due.request.key, REFUSED, 1);
      }
      const { id } = await scenes.letter(other.order.orderId, 'refund');
      await books().refunds.redriveRefund(one.order.orderId, id);
      for (const { order } of [one, other]) expect(await refundsOf(order.orderId)).toMatchObject([{ state: 'failed' }]);
    });
  });

  test('the money of a run that was superseded goes back with the run that undoes the order', async () => {
    const scene = await scenes.sent();
    const next = await scenes.takenOver(scene);
    await books().orders.beginUndo({ order: scene.order, owner: SECOND, ending: failedBy('payment_unavailable') });
    await books().charges.captured(scene.run, 1, captureOf(scene.order), CALL);
    expect(await books().refunds.due(next)).toMatchObject([{ request: { amountMinor: scene.order.totalMinor } }]);
  });
}
