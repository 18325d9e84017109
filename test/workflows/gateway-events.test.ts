import { describe, expect } from '@jest/globals';
import type { RefundLookup } from '../../src/activities/payments.js';
import { gatewayEventWorkflowId, PROCESS_GATEWAY_EVENT, recoverWorkflowId } from '../../src/workflows/contract.js';
import { ambiguous, captured, createFakeGateway, notExecuted, processing } from '../support/fake-gateway.js';
import { anOrder } from '../support/orders.js';
import { openStage, test, until, type Act } from './stage.js';

const stage = openStage();

const sent = ({ order }: Act) => {
  const { orderId, totalMinor: amountMinor, currency, paymentMethod: method } = order;
  return { key: `${orderId}:charge:1`, orderId, amountMinor, currency, method };
};

describe('a message of the gateway', () => {
  const handled = async ({ start, policy }: Act, eventId: string) => {
    const args = [{ gateway: 'fake', eventId }, policy];
    return start(PROCESS_GATEWAY_EVENT, gatewayEventWorkflowId('fake', eventId), args);
  };

  test('R19, R21: about an order that is not known yet is retried until it is', async () => {
    const order = anOrder();
    const eventId = `evt-${order.orderId}`;
    await stage.play({ order }, async (act) => {
      act.books.gatewayEvents.arrive({ eventId, orderId: order.orderId, chargeKey: `${order.orderId}:charge:1` });
      const handle = await handled(act, eventId);
      await act.sleep('30 minutes');
      expect(act.books.gatewayEvents.effects).toEqual([]);
      await (await act.checkOut()).result();
      expect(await handle.result()).toBe('known before');
      expect(act.entry().trail).toEqual(['pending', 'reserved', 'confirmed']);
      expect(act.gateway.moves).toHaveLength(1);
    });
  });

  test('R18: makes a waiting order look, and it confirms', async () => {
    const gateway = createFakeGateway({
      charge: () => ambiguous,
      lookup: (key) => {
        const request = gateway.ledger.get(key);
        return request === undefined ? processing : captured(request);
      },
    });
    await stage.play({ gateway }, async (act) => {
      const handle = await act.checkOut();
      await until(() => act.books.has(act.order.orderId) && act.entry().status === 'payment_unknown');
      await act.sleep('30 hours');
      gateway.take(sent(act));
      const eventId = `evt-${act.order.orderId}`;
      act.books.gatewayEvents.arrive({ eventId, orderId: act.order.orderId, chargeKey: sent(act).key });
      await handled(act, eventId);
      await until(() => act.entry().status === 'confirmed');
      expect(act.books.gatewayEvents.effects).toEqual(['its workflow looks again']);
      expect(await handle.result()).toEqual({ status: 'confirmed' });
    });
  });

  test('R17, R20: of a late success on a dead order refunds the money once, no matter how often it comes', async () => {
    const gateway = createFakeGateway({ charge: () => notExecuted });
    await stage.play({ gateway }, async (act) => {
      await (await act.checkOut()).result();
      gateway.take(sent(act));
      for (const number of [1, 2, 3]) {
        const eventId = `evt-${number}-${act.order.orderId}`;
        act.books.gatewayEvents.arrive({ eventId, orderId: act.order.orderId, chargeKey: sent(act).key });
        await (await handled(act, eventId)).result();
        const recovery = act.environment.client.workflow.getHandle(recoverWorkflowId(act.order.orderId));
        await recovery.result();
      }
      expect(gateway.kept()).toBe(0);
      expect(gateway.refunds.size).toBe(1);
      expect(act.entry().status).toBe('failed');
    });
  });

  test('R20: that comes again after it was acted on has no effect', async () => {
    await stage.play({}, async (act) => {
      await (await act.checkOut()).result();
      const eventId = `evt-${act.order.orderId}`;
      act.books.gatewayEvents.arrive({ eventId, orderId: act.order.orderId, chargeKey: sent(act).key });
      expect(await (await handled(act, eventId)).result()).toBe('known before');
      expect(await (await handled(act, eventId)).result()).toBe('already processed');
      expect(act.books.gatewayEvents.effects).toHaveLength(1);
    });
  });

  describe('R26: of a refund that failed after it had succeeded', () => {
    /** Plays a refunded order, and hands over messages that its refund has failed; look-ups answer in turn. */
    async function failed(answers: RefundLookup[], messages = 1) {
      const gateway = createFakeGateway({
        charge: (request) => captured({ ...request, amountMinor: 1 }),
        lookupRefund: (_key, call) => answers[call - 1] ?? { kind: 'not_found' },
      });
      return stage.play({ gateway }, async (act) => {
        await (await act.checkOut()).result();
        const [refund] = act.entry().refunds;
        for (let number = 1; number <= messages; number += 1) {
          const eventId = `evt-${number}-${act.order.orderId}`;
          const about = { type: 'refund.failed', orderId: act.order.orderId, refundKey: refund?.key ?? null };
          act.books.gatewayEvents.arrive({ eventId, ...about });
          await (await handled(act, eventId)).result();
        }
        const { effects } = act.books.gatewayEvents;
        return { effects, entry: act.entry(), letters: act.letters(), lookups: gateway.refundLookups.length };
      });
    }
    const refused: RefundLookup = { kind: 'refused', code: 'refund_failed' };

    test('marks it failed, once, with its dead letter, if the gateway confirms that', async () => {
      const { effects, entry, letters, lookups } = await failed([refused], 2);
      expect(effects).toEqual(['refund marked failed', 'known before']);
      expect(entry).toMatchObject({ status: 'failed', refunds: [{ state: 'failed' }] });
      expect(letters).toEqual(['refund open']);
      expect(lookups).toBe(1);
    });

    test('changes nothing when the gateway says that it went back', async () => {
      const { effects, entry, letters } = await failed([{ kind: 'refunded', reference: 're' }]);
      expect(effects).toEqual(['the gateway says now that it went back']);
      expect(entry).toMatchObject({ refunds: [{ state: 'succeeded' }] });
      expect(letters).toEqual([]);
    });

    test('is asked about again while the gateway says that it is under way', async () => {
      const { effects, lookups } = await failed([{ kind: 'processing' }, { kind: 'processing' }, refused]);
      expect(effects).toEqual(['refund marked failed']);
      expect(lookups).toBe(3);
    });

    test('is taken at its word when the gateway has forgotten the refund: a person decides', async () => {
      const { effects, letters } = await failed([{ kind: 'not_found' }]);
      expect(effects).toEqual(['refund marked failed']);
      expect(letters).toEqual(['refund open']);
    });
  });
});

stage.replaysEverything();
