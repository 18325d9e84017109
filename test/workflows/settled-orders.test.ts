import { describe, expect } from '@jest/globals';
import {
  CANCEL_SETTLED_ORDER,
  cancelWorkflowId,
  FULFIL_ORDER,
  fulfilWorkflowId,
  news,
  REFUND_ORDER,
  refundWorkflowId,
} from '../../src/workflows/contract.js';
import { createFakeGateway, refunded, refusal } from '../support/fake-gateway.js';
import { inRealTime, openStage, test, until, type Act } from './stage.js';

const stage = openStage();

/** A bank that takes no refunds until told otherwise. */
function refusingGateway() {
  const bank = { refuses: true };
  const gateway = createFakeGateway({ refund: (request) => (bank.refuses ? refusal : refunded(request)) });
  return { bank, gateway };
}

async function confirmed({ checkOut }: Act): Promise<void> {
  expect(await (await checkOut()).result()).toEqual({ status: 'confirmed' });
}

const cancel = ({ admit, order, policy }: Act) =>
  admit(CANCEL_SETTLED_ORDER, cancelWorkflowId(order.orderId), [order, policy, 'too late']);
const fulfil = ({ admit, order, policy }: Act) =>
  admit(FULFIL_ORDER, fulfilWorkflowId(order.orderId), [order.orderId, policy]);
const refund = (
  { admit, order, policy }: Act,
  request: { refundId: string; amountMinor?: number; restock?: boolean },
) => {
  const refundId = `${order.orderId}-${request.refundId}`;
  const input = { reason: 'broken', restock: false, fingerprint: 'f', ...request, orderId: order.orderId, refundId };
  return admit(REFUND_ORDER, refundWorkflowId(refundId), [input, policy]);
};
const letterOf = ({ books, order }: Act) => books.lettersOf(order.orderId)[0]?.id ?? '';
const refusedOnce = (act: Act) => until(() => act.letters().includes('refund open'));

describe('a cancel after the checkout', () => {
  test('refunds a confirmed order once, restocks it, and ends it as cancelled', async () => {
    await stage.play({}, async (act) => {
      await confirmed(act);
      const { decision, handle } = await cancel(act);
      expect(decision).toEqual({ kind: 'admitted' });
      expect(await handle.result()).toEqual({ status: 'cancelled', reason: 'too late' });
      expect(act.entry()).toMatchObject({ status: 'cancelled', held: 'restocked' });
      expect(act.gateway.refunds.size).toBe(1);
      expect(act.gateway.kept()).toBe(0);
      expect(act.books.stock).toEqual({ 'product-A': 10 });
    });
  });

  test('R23: of a cancelled order is refused as already_cancelled, and puts nothing back twice', async () => {
    await stage.play({}, async (act) => {
      await confirmed(act);
      await (await cancel(act)).handle.result();
      const again = await cancel(act);
      expect(again.decision).toEqual({ kind: 'refused', code: 'already_cancelled', status: 'cancelled' });
      expect(await again.handle.result()).toEqual({ status: 'superseded' });
      expect(act.gateway.refunds.size).toBe(1);
      expect(act.books.stock).toEqual({ 'product-A': 10 });
    });
  });

  test('of a completed order is refused', async () => {
    await stage.play({}, async (act) => {
      await confirmed(act);
      await fulfil(act);
      const { decision } = await cancel(act);
      expect(decision).toEqual({ kind: 'refused', code: 'not_cancellable', status: 'completed' });
      expect(act.gateway.refundCalls).toHaveLength(0);
    });
  });

  test('R26: stays cancelling while its refund is refused, even if Temporal cancels it, until the redrive', async () => {
    const { bank, gateway } = refusingGateway();
    await stage.play({ gateway }, async (act) => {
      await confirmed(act);
      const { decision, handle } = await cancel(act);
      expect(decision).toEqual({ kind: 'admitted' });
      await refusedOnce(act);
      await handle.cancel();
      await act.sleep('20 hours');
      expect(act.entry()).toMatchObject({ status: 'cancelling', held: 'committed' });
      expect(act.letters()).toEqual(['refund open']);

      bank.refuses = false;
      await handle.signal(news, { kind: 'redrive', deadLetterId: letterOf(act) });
      expect(await handle.result()).toMatchObject({ status: 'cancelled' });
      expect(new Set(gateway.refundCalls.map(({ key }) => key)).size).toBe(2);
      expect(gateway.kept()).toBe(0);
      expect(act.letters()).toEqual(['refund resolved']);
    });
  });

  test('gives back only what an earlier refund has left', async () => {
    await stage.play({}, async (act) => {
      await confirmed(act);
      await (await refund(act, { refundId: 'part', amountMinor: 1_000 })).handle.result();
      await (await cancel(act)).handle.result();
      expect([...act.gateway.refunds.values()].map(({ amountMinor }) => amountMinor)).toEqual([1_000, 2_998]);
      expect(act.gateway.kept()).toBe(0);
    });
  });
});

describe('fulfilment', () => {
  test('completes a confirmed order, and says so again when asked again', async () => {
    await stage.play({}, async (act) => {
      await confirmed(act);
      for (const _again of [1, 2]) {
        const { decision, handle } = await fulfil(act);
        expect(decision).toEqual({ kind: 'admitted' });
        await handle.result();
      }
      expect(act.entry().trail.filter((status) => status === 'completed')).toHaveLength(1);
    });
  });

  test('is refused for an order that is not confirmed, and for one that no one knows', async () => {
    await stage.play({}, async (act) => {
      const early = await fulfil(act);
      expect(early.decision).toEqual({ kind: 'refused', code: 'not_found', status: null });
      await early.handle.result();
      await confirmed(act);
      await (await cancel(act)).handle.result();
      expect((await fulfil(act)).decision).toEqual({ kind: 'refused', code: 'not_fulfillable', status: 'cancelled' });
    });
  });

  test('and a cancel at the same moment: one wins, the other is refused', async () => {
    await stage.play({}, async (act) => {
      await confirmed(act);
      const [done, cancelled] = await Promise.all([fulfil(act), cancel(act)]);
      await Promise.all([done, cancelled].map(({ handle }) => inRealTime(handle, act)));
      const kinds = [done.decision.kind, cancelled.decision.kind];
      expect(kinds.toSorted()).toEqual(['admitted', 'refused']);
      expect(act.entry().status).toBe(done.decision.kind === 'admitted' ? 'completed' : 'cancelled');
    });
  });
});

describe('a refund that was asked for', () => {
  test('sends back a part, and then all that is left, and restocks only when asked', async () => {
    await stage.play({}, async (act) => {
      await confirmed(act);
      const part = await refund(act, { refundId: 'part', amountMinor: 998 });
      expect(part.decision).toEqual({ kind: 'admitted' });
      expect(await part.handle.result()).toEqual({ kind: 'admitted' });
      expect(act.gateway.kept()).toBe(3_000);
      expect(act.books.stock).toEqual({ 'product-A': 8 });

      await (await refund(act, { refundId: 'rest', restock: true })).handle.result();
      expect(act.gateway.kept()).toBe(0);
      expect(act.books.stock).toEqual({ 'product-A': 10 });
      expect(act.entry().status).toBe('confirmed');
    });
  });

  test('R23: brings the goods back with all of the money, and the order is not fulfilled then', async () => {
    await stage.play({}, async (act) => {
      await confirmed(act);
      const part = await refund(act, { refundId: 'part', amountMinor: 1, restock: true });
      expect(part.decision).toEqual({ kind: 'refused', code: 'restock_needs_full_refund', status: 'confirmed' });
      await part.handle.result();
      expect(act.books.stock).toEqual({ 'product-A': 8 });

      await (await refund(act, { refundId: 'all', restock: true })).handle.result();
      expect(act.books.stock).toEqual({ 'product-A': 10 });
      const { decision } = await fulfil(act);
      expect(decision).toEqual({ kind: 'refused', code: 'goods_returned', status: 'confirmed' });
      expect(act.entry().status).toBe('confirmed');
      await (await cancel(act)).handle.result();
      expect(act.books.stock).toEqual({ 'product-A': 10 });
    });
  });

  test('R25: is refused when it exceeds what is left, even if two are requested at once', async () => {
    await stage.play({}, async (act) => {
      await confirmed(act);
      const over = await refund(act, { refundId: 'over', amountMinor: 3_999 });
      expect(over.decision).toEqual({ kind: 'refused', code: 'refund_exceeds_captured', status: 'confirmed' });
      const both = await Promise.all([
        refund(act, { refundId: 'one', amountMinor: 2_500 }),
        refund(act, { refundId: 'two', amountMinor: 2_500 }),
      ]);
      await Promise.all(both.map(({ handle }) => inRealTime(handle, act)));
      expect(both.map(({ decision }) => decision.kind).toSorted()).toEqual(['admitted', 'refused']);
      expect(act.gateway.kept()).toBe(1_498);
    });
  });

  test('R25: is the same refund when it is requested again, and is sent under one key', async () => {
    const gateway = createFakeGateway({
      refund: (request, call) => (call < 3 ? { kind: 'ambiguous', reason: 'no answer' } : refunded(request)),
    });
    await stage.play({ gateway }, async (act) => {
      await confirmed(act);
      await (await refund(act, { refundId: 'one' })).handle.result();
      const again = await refund(act, { refundId: 'one' });
      expect(again.decision).toEqual({ kind: 'admitted' });
      await again.handle.result();
      expect(new Set(gateway.refundCalls.map(({ key }) => key)).size).toBe(1);
      expect(gateway.refunds.size).toBe(1);
    });
  });

  test('is refused before the order is confirmed', async () => {
    const gateway = createFakeGateway({ charge: () => ({ kind: 'declined', code: 'no' }) });
    await stage.play({ gateway }, async (act) => {
      await (await act.checkOut()).result();
      const { decision } = await refund(act, { refundId: 'one' });
      expect(decision).toEqual({ kind: 'refused', code: 'not_refundable', status: 'failed' });
    });
  });

  test.each(['redrive', 'evidence'] as const)(
    'R26: waits for a person when the gateway refuses it; ended by %s',
    async (how) => {
      const { bank, gateway } = refusingGateway();
      await stage.play({ gateway }, async (act) => {
        await confirmed(act);
        const { handle } = await refund(act, { refundId: 'one', restock: true });
        await refusedOnce(act);
        await handle.cancel();
        await act.sleep('1 hour');
        expect(act.books.stock).toEqual({ 'product-A': 8 });

        bank.refuses = false;
        const deadLetterId = letterOf(act);
        const evidence = {
          about: 'refund',
          deadLetterId,
          happened: true,
          reference: 'r',
          note: 'by transfer',
        } as const;
        await handle.signal(news, how === 'redrive' ? { kind: how, deadLetterId } : { kind: how, evidence });
        await handle.result();
        expect(gateway.refundCalls).toHaveLength(how === 'redrive' ? 2 : 1);
        expect(act.entry().refunds).toMatchObject([{ state: 'succeeded' }]);
        expect(act.books.stock).toEqual({ 'product-A': 10 });
        expect(act.letters()).toEqual(['refund resolved']);
      });
    },
  );
});

stage.replaysEverything();
