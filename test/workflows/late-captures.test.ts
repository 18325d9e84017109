import { describe, expect } from '@jest/globals';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import { cancelOrder, news, RECOVER_ORDER, recoverWorkflowId } from '../../src/workflows/contract.js';
import { captured, createFakeGateway, notExecuted, refunded, refusal } from '../support/fake-gateway.js';
import { openStage, test, until, type Act } from './stage.js';

const stage = openStage();

describe('money that is taken late, from an order that is being undone', () => {
  const lateCharge = ({ orderId, totalMinor: amountMinor, currency, paymentMethod: method }: Act['order']) => {
    return { key: `${orderId}:charge:1`, orderId, amountMinor, currency, method };
  };

  test('R17: goes back once when the gateway hints at it while a step of the undo keeps failing', async () => {
    const database = { isAway: true };
    const gateway = createFakeGateway({ charge: () => notExecuted });
    const scene: Parameters<typeof stage.run>[0] = {
      gateway,
      policy: { retry: { ...DEFAULT_POLICY.retry, initialIntervalMs: 200 } },
      ports: ({ reservations }) => ({
        reservations: {
          ...reservations,
          releaseInventory: async (run) => {
            if (database.isAway) throw new Error('the database is unavailable');
            return reservations.releaseInventory(run);
          },
        },
      }),
    };
    const { outcome, entry } = await stage.run(scene, async (handle, act) => {
      await until(() => act.books.has(act.order.orderId) && act.entry().status === 'compensating');
      gateway.take(lateCharge(act.order));
      await handle.signal(news, { kind: 'look' });
      database.isAway = false;
    });
    expect(outcome).toMatchObject({ status: 'failed', failure: { reason: 'payment_unavailable' } });
    expect([gateway.moves.length, gateway.kept()]).toEqual([2, 0]);
    expect(entry.refunds).toHaveLength(1);
  });

  test('R17: goes back once when the gateway hints at it while an ended order still answers its cancel', async () => {
    const note = { isHeld: true };
    const gateway = createFakeGateway({ charge: () => notExecuted });
    const scene: Parameters<typeof stage.run>[0] = {
      gateway,
      policy: { retry: { ...DEFAULT_POLICY.retry, initialIntervalMs: 60_000 } },
      ports: ({ orders }) => ({
        orders: {
          ...orders,
          noteCancel: async (...request) => {
            if (note.isHeld) throw new Error('the database is unavailable');
            return orders.noteCancel(...request);
          },
        },
      }),
    };
    const { outcome, entry } = await stage.run(scene, async (handle, act) => {
      await until(() => act.books.has(act.order.orderId) && act.entry().status === 'reserved');
      await handle.signal(cancelOrder, { reason: 'changed my mind' });
      await until(() => act.entry().status === 'cancelled');
      gateway.take(lateCharge(act.order));
      await handle.signal(news, { kind: 'look' });
      note.isHeld = false;
    });
    expect(outcome).toMatchObject({ status: 'cancelled' });
    expect([gateway.moves.length, gateway.kept()]).toEqual([2, 0]);
    expect(entry.refunds).toHaveLength(1);
  });

  test('R17: goes back once when the first look for it fails', async () => {
    const looks = { failures: 0 };
    const gateway = createFakeGateway({
      charge: () => notExecuted,
      lookup(key) {
        const request = gateway.ledger.get(key);
        if (request === undefined) return { kind: 'not_found' };
        if (looks.failures++ === 0) throw new Error('the gateway is down');
        return captured(request);
      },
    });
    await stage.play({ gateway }, async (act) => {
      await (await act.checkOut()).result();
      gateway.take(lateCharge(act.order));
      const recovery = await act.start(RECOVER_ORDER, recoverWorkflowId(act.order.orderId), [act.order, act.policy]);
      await recovery.result();
      expect(looks.failures).toBeGreaterThan(1);
      expect([gateway.moves.length, gateway.kept()]).toEqual([2, 0]);
      expect(act.entry().refunds).toMatchObject([{ state: 'succeeded' }]);
    });
  });

  test('R17: goes back at once while another refund of the order waits for a person', async () => {
    const bank = { refuses: true };
    const isStray = ({ chargeKey }: { chargeKey: string }) => chargeKey.endsWith(':1');
    const gateway = createFakeGateway({
      charge: (request) => (request.key.endsWith(':1') ? notExecuted : captured({ ...request, amountMinor: 1 })),
      refund: (request) => (bank.refuses && !isStray(request) ? refusal : refunded(request)),
    });
    await stage.play({ gateway }, async (act) => {
      await (await act.checkOut()).result();
      const { handle } = await act.redrive(act.books.lettersOf(act.order.orderId)[0]?.id ?? '');
      await until(() => act.letters().includes('refund open'));
      expect([...gateway.refunds.values()].filter(isStray)).toHaveLength(0);
      gateway.take(lateCharge(act.order));
      await handle.signal(news, { kind: 'look' });
      await until(() => [...gateway.refunds.values()].some(isStray));
      expect(act.entry().status).toBe('compensating');

      bank.refuses = false;
      const letter = act.books
        .lettersOf(act.order.orderId)
        .find(({ kind, state }) => kind === 'refund' && state === 'open');
      await handle.signal(news, { kind: 'redrive', deadLetterId: letter?.id ?? '' });
      expect(await handle.result()).toMatchObject({ status: 'failed' });
      expect([...gateway.refunds.values()].map(({ amountMinor }) => amountMinor)).toEqual([3_998, 1]);
    });
  });
});
