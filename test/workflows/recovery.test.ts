import { describe, expect } from '@jest/globals';
import type { LookupResult } from '../../src/activities/payments.js';
import { cancelOrder, news, RECOVER_ORDER, recoverWorkflowId } from '../../src/workflows/contract.js';
import { createFakeBooks } from '../support/fake-books.js';
import { ambiguous, captured, createFakeGateway, notExecuted, processing } from '../support/fake-gateway.js';
import { openStage, test, until, type Act } from './stage.js';

// The time-skipping server skips no more time after a termination: nothing here may have to wait.
const stage = openStage();

const recover = async ({ start, order, policy }: Act) =>
  (await start(RECOVER_ORDER, recoverWorkflowId(order.orderId), [order, policy])).result();

/** Ends the run of an order where Temporal does not let it clean up, once it has reached `status`. */
async function lost(act: Act, status: string): Promise<void> {
  const handle = await act.checkOut();
  await until(() => act.books.has(act.order.orderId) && act.entry().status === status);
  await handle.terminate('by mistake');
}

const sent = ({ order }: Act) => {
  const { orderId, totalMinor: amountMinor, currency, paymentMethod: method } = order;
  return { key: `${orderId}:charge:1`, orderId, amountMinor, currency, method };
};

describe('a recovery', () => {
  test('R31: confirms an order that was paid when its run was terminated', async () => {
    const gateway = createFakeGateway({ charge: () => ambiguous, lookup: (key) => found(key) });
    const found = (key: string) => {
      const request = gateway.ledger.get(key);
      return request === undefined ? processing : captured(request);
    };
    await stage.play({ gateway }, async (act) => {
      await lost(act, 'payment_unknown');
      gateway.take(sent(act));
      expect(await recover(act)).toEqual({ status: 'confirmed' });
      expect(act.entry()).toMatchObject({ status: 'confirmed', held: 'committed' });
      expect(gateway.moves).toHaveLength(1);
      expect(act.letters()).toEqual(['payment_unknown resolved']);
    });
  });

  test('R31: undoes an order that was not paid when its run was terminated', async () => {
    const gateway = createFakeGateway({ charge: () => notExecuted });
    await stage.play({ gateway }, async (act) => {
      await lost(act, 'reserved');
      expect(await recover(act)).toMatchObject({ status: 'failed', failure: { reason: 'payment_unavailable' } });
      expect(act.entry().held).toBe('released');
      expect(gateway.ledger.size).toBe(0);
      expect(act.books.stock).toEqual({ 'product-A': 10 });
    });
  });

  test.each([
    ['declined', 'payment_declined', 0],
    ['charged too little', 'payment_mismatch', 2],
  ])('R31: ends an order that was %s when its run was terminated as %s', async (_, reason, moves) => {
    const truth: { known?: LookupResult } = {};
    const gateway = createFakeGateway({ charge: () => ambiguous, lookup: () => truth.known ?? processing });
    await stage.play({ gateway }, async (act) => {
      await lost(act, 'payment_unknown');
      const short = { ...sent(act), amountMinor: act.order.totalMinor - 1 };
      if (reason === 'payment_mismatch') gateway.take(short);
      truth.known = reason === 'payment_mismatch' ? captured(short) : { kind: 'declined', code: 'card_declined' };
      expect(await recover(act)).toMatchObject({ status: 'failed', failure: { reason } });
      expect(act.entry().held).toBe('released');
      expect(gateway.moves).toHaveLength(moves);
      expect(gateway.kept()).toBe(0);
    });
  });

  test('R31: finishes the cancel that a terminated run had begun, with the open charge of that run', async () => {
    const truth = { known: false };
    const gateway = createFakeGateway({
      charge: () => ambiguous,
      lookup: (key) => {
        const request = gateway.ledger.get(key);
        return truth.known && request !== undefined ? captured(request) : processing;
      },
    });
    await stage.play({ gateway }, async (act) => {
      const handle = await act.checkOut();
      await until(() => act.books.has(act.order.orderId) && act.entry().status === 'payment_unknown');
      const looked = gateway.lookups.length;
      await handle.signal('cancelOrder', { reason: 'asked' });
      // It has looked without success and waits: a workflow task in progress would finish after the termination.
      await until(() => act.entry().status === 'cancelling' && gateway.lookups.length > looked);
      await handle.terminate('by mistake');
      gateway.take(sent(act));
      truth.known = true;
      expect(await recover(act)).toMatchObject({ status: 'cancelled' });
      expect(gateway.kept()).toBe(0);
      expect(gateway.moves).toHaveLength(2);
      expect(act.books.stock).toEqual({ 'product-A': 10 });
    });
  });

  describe('that receives a cancel', () => {
    const told = async ({ environment, order, policy, taskQueue }: Act) => {
      const workflowId = recoverWorkflowId(order.orderId);
      await environment.client.workflow.signalWithStart(RECOVER_ORDER, {
        workflowId,
        taskQueue,
        args: [order, policy],
        signal: cancelOrder,
        signalArgs: [{ reason: 'asked' }],
      });
      return environment.client.workflow.getHandle(workflowId);
    };

    test('R31: when it starts ends the order as cancelled, and nothing is held', async () => {
      const gateway = createFakeGateway({ charge: () => notExecuted });
      await stage.play({ gateway }, async (act) => {
        await lost(act, 'reserved');
        expect(await (await told(act)).result()).toEqual({ status: 'cancelled', reason: 'asked' });
        expect(act.entry()).toMatchObject({ status: 'cancelled', held: 'released', cancelRequested: true });
        expect(gateway.ledger.size).toBe(0);
        expect(act.letters()).toEqual([]);
      });
    });

    test('R13: while it looks for a charge awaits it, and sends its money back', async () => {
      const truth = { known: false };
      const gateway = createFakeGateway({
        charge: () => ambiguous,
        lookup: (key) => {
          const request = gateway.ledger.get(key);
          return truth.known && request !== undefined ? captured(request) : processing;
        },
      });
      await stage.play({ gateway }, async (act) => {
        await lost(act, 'payment_unknown');
        const handle = await act.start(RECOVER_ORDER, recoverWorkflowId(act.order.orderId), [act.order, act.policy]);
        await until(() => gateway.lookups.length > 1);
        await handle.signal(cancelOrder, { reason: 'asked' });
        await until(() => act.entry().status === 'cancelling');
        gateway.take(sent(act));
        truth.known = true;
        await handle.signal(news, { kind: 'look' });
        expect(await handle.result()).toEqual({ status: 'cancelled', reason: 'asked' });
        expect(gateway.kept()).toBe(0);
        expect(gateway.moves).toHaveLength(2);
        expect(act.entry().held).toBe('released');
      });
    });

    test('R31: an order that has failed leaves it failed', async () => {
      const gateway = createFakeGateway({ charge: () => ({ kind: 'declined', code: 'no' }) });
      await stage.play({ gateway }, async (act) => {
        await (await act.checkOut()).result();
        expect(await (await told(act)).result()).toEqual({ status: 'superseded' });
        expect(act.entry().status).toBe('failed');
      });
    });
  });

  test('R27: of a confirmed order takes nothing back', async () => {
    await stage.play({}, async (act) => {
      await (await act.checkOut()).result();
      expect(await recover(act)).toEqual({ status: 'superseded' });
      expect(act.entry()).toMatchObject({ status: 'confirmed', held: 'committed' });
      expect(act.gateway.refundCalls).toHaveLength(0);
    });
  });

  test('R38: of a confirmed order whose cancel was accepted but never received carries it out', async () => {
    await stage.play({}, async (act) => {
      await (await act.checkOut()).result();
      await act.books.orders.noteCancel({ orderId: act.order.orderId, owner: 'nobody' }, 'asked');
      expect(await recover(act)).toEqual({ status: 'cancelled', reason: 'asked' });
      expect(act.entry()).toMatchObject({ status: 'cancelled', held: 'restocked' });
      expect(act.gateway.kept()).toBe(0);
    });
  });

  test('R17: of a failed order sends a late capture back, once, and leaves the order failed', async () => {
    const gateway = createFakeGateway({ charge: () => notExecuted });
    await stage.play({ gateway }, async (act) => {
      await (await act.checkOut()).result();
      gateway.take(sent(act));
      expect(await recover(act)).toEqual({ status: 'superseded' });
      expect(await recover(act)).toEqual({ status: 'superseded' });
      expect(gateway.moves).toHaveLength(2);
      expect(gateway.kept()).toBe(0);
      expect(act.entry().status).toBe('failed');
    });
  });

  test('does nothing for an order that someone else takes care of', async () => {
    const books = createFakeBooks();
    const ports = () => ({
      orders: { ...books.orders, takeOverToRecover: async () => ({ kind: 'superseded' }) as const },
    });
    await stage.play({ books, ports }, async (act) => {
      expect(await recover(act)).toEqual({ status: 'superseded' });
      expect(act.gateway.lookups).toHaveLength(0);
    });
  });
});

stage.replaysEverything();
