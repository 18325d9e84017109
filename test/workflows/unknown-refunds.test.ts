import { describe, expect } from '@jest/globals';
import type { RefundLookup } from '../../src/activities/payments.js';
import {
  CANCEL_SETTLED_ORDER,
  cancelWorkflowId,
  gatewayEventWorkflowId,
  news,
  PROCESS_GATEWAY_EVENT,
  REFUND_ORDER,
  refundWorkflowId,
} from '../../src/workflows/contract.js';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import { createFakeGateway, refusal } from '../support/fake-gateway.js';
import { timersOf } from './run-histories.js';
import { inRealTime, openStage, test, until, type Act } from './stage.js';

const stage = openStage();

/** A gateway that never answers a refund; look-ups say `truth`, or that it is still being processed. */
function silentGateway() {
  const truth: { value: RefundLookup } = { value: { kind: 'processing' } };
  const gateway = createFakeGateway({
    refund: () => ({ kind: 'ambiguous', reason: 'no answer' }),
    lookupRefund: () => truth.value,
  });
  const giveBack = () => {
    for (const request of gateway.refundCalls.slice(0, 1)) gateway.giveBack(request);
    truth.value = { kind: 'refunded', reference: 're' };
  };
  return { gateway, truth, giveBack };
}

const isUnknown = (act: Act) => until(() => act.letters().includes('refund open'));
const letterOf = ({ books, order }: Act) => books.lettersOf(order.orderId)[0]?.id ?? '';
const evidenceOf = (act: Act, happened: boolean) => {
  const known = { about: 'refund', reference: 'seen', note: 'seen in the dashboard' } as const;
  return { kind: 'evidence', evidence: { ...known, deadLetterId: letterOf(act), happened } } as const;
};

/** Confirms an order, then starts what sends its money back. */
async function startRefund(act: Act, what: 'cancel' | 'refund') {
  expect(await (await act.checkOut()).result()).toEqual({ status: 'confirmed' });
  const { orderId } = act.order;
  const refundId = `rf_${orderId}`;
  const request = { orderId, refundId, reason: 'broken', restock: true, fingerprint: 'f' };
  return what === 'cancel'
    ? act.start(CANCEL_SETTLED_ORDER, cancelWorkflowId(orderId), [act.order, act.policy, 'too late'])
    : act.start(REFUND_ORDER, refundWorkflowId(refundId), [request, act.policy]);
}

/** The same, known to be unknown. Nothing skips time meanwhile, so its tries are quick. */
const policy = { retry: { ...DEFAULT_POLICY.retry, initialIntervalMs: 200 } };
async function unknownRefund(act: Act, what: 'cancel' | 'refund') {
  const handle = await startRefund(act, what);
  await isUnknown(act);
  return handle;
}

/** The test server loses the task of a signal that comes as a timer fires: then the next one is more than a second away. */
const isCalm = (act: Act) => until(() => act.gateway.refundLookups.length >= 3);

describe.each(['cancel', 'refund'] as const)('the refund of a %s whose outcome no one knows', (what) => {
  test('R25: is sent four times under one key, then looked up ever less often under a dead letter, and ends by it', async () => {
    const { gateway, giveBack } = silentGateway();
    const script = { lookups: 0 };
    const seen = new Set<string>();
    const { lookupRefund } = gateway.gateway;
    await stage.play({ gateway }, async (act) => {
      gateway.gateway.lookupRefund = async (...args) => {
        script.lookups += 1;
        for (const letter of act.letters()) seen.add(letter);
        if (script.lookups === 20) giveBack();
        return lookupRefund(...args);
      };
      const handle = await startRefund(act, what);
      await handle.result();
      expect(seen).toEqual(new Set(['refund open']));
      expect(gateway.refundCalls).toHaveLength(4);
      expect(new Set(gateway.refundCalls.map(({ key }) => key)).size).toBe(1);
      expect(script.lookups).toBe(20);
      // The first timers are those of the tries.
      const pauses = timersOf(await act.runs(handle)).slice(-20);
      expect(pauses.slice(0, 12)).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1_024, 2_048]);
      expect(new Set(pauses.slice(12))).toEqual(new Set([3_600]));
      expect(gateway.kept()).toBe(0);
      expect(act.entry()).toMatchObject({ held: 'restocked', refunds: [{ state: 'succeeded' }] });
      expect(act.letters()).toEqual(['refund resolved']);
    });
  });

  test('R25: is sent again under its key once the gateway says that it never came', async () => {
    const { gateway, truth } = silentGateway();
    const calls = { failed: 4 };
    const { refund } = gateway.gateway;
    gateway.gateway.refund = async (request, signal) => {
      if (gateway.refundCalls.length < calls.failed) return refund(request, signal);
      gateway.refundCalls.push(request);
      gateway.giveBack(request);
      return { kind: 'refunded', reference: 're' };
    };
    await stage.play({ gateway, policy }, async (act) => {
      act.books.settling.inMs = 60_000;
      truth.value = { kind: 'not_found' };
      const handle = await unknownRefund(act, what);
      await until(() => gateway.refundLookups.length > 0);
      expect(gateway.refundCalls).toHaveLength(4);
      act.books.settling.inMs = 0;
      await handle.result();
      expect(gateway.refundCalls).toHaveLength(5);
      expect(new Set(gateway.refundCalls.map(({ key }) => key)).size).toBe(1);
      expect([gateway.refunds.size, gateway.kept()]).toEqual([1, 0]);
      expect(act.letters()).toEqual(['refund resolved']);
    });
  });

  test.each(['refund.succeeded', 'refund.failed'] as const)(
    'R25: is known immediately when the gateway sends %s',
    async (type) => {
      const { gateway, truth, giveBack } = silentGateway();
      await stage.play({ gateway, policy }, async (act) => {
        const handle = await unknownRefund(act, what);
        await isCalm(act);
        const { orderId } = act.order;
        if (type === 'refund.succeeded') giveBack();
        else truth.value = { kind: 'refused', code: 'refund_failed' };
        const eventId = `evt-${what}-${type}`;
        const refundKey = gateway.refundCalls[0]?.key ?? null;
        act.books.gatewayEvents.arrive({ eventId, type, orderId, refundKey });
        const args = [{ gateway: 'fake', eventId }, act.policy];
        const work = await act.start(PROCESS_GATEWAY_EVENT, gatewayEventWorkflowId('fake', eventId), args);
        await inRealTime(work, act);
        if (type === 'refund.failed') {
          expect(act.entry().refunds).toMatchObject([{ state: 'failed' }]);
          await handle.signal(news, evidenceOf(act, true));
        }
        await handle.result();
        expect(gateway.refundCalls).toHaveLength(4);
        expect(act.letters()).toEqual(['refund resolved']);
      });
    },
  );

  test('R25: is settled by the evidence that it went back', async () => {
    const { gateway } = silentGateway();
    await stage.play({ gateway, policy }, async (act) => {
      const handle = await unknownRefund(act, what);
      await isCalm(act);
      await handle.signal(news, evidenceOf(act, true));
      await handle.result();
      expect(gateway.refundCalls).toHaveLength(4);
      expect(act.entry().refunds).toMatchObject([{ state: 'succeeded' }]);
      expect(act.letters()).toEqual(['refund resolved']);
    });
  });

  test('R26: that did not go back, by evidence, waits for its redrive and is sent under a new key', async () => {
    const { gateway } = silentGateway();
    await stage.play({ gateway, policy }, async (act) => {
      const handle = await unknownRefund(act, what);
      await isCalm(act);
      await handle.signal(news, evidenceOf(act, false));
      await until(() => act.entry().refunds[0]?.state === 'failed');
      gateway.gateway.refund = async (request) => {
        gateway.giveBack(request);
        return { kind: 'refunded', reference: 're' };
      };
      await handle.signal(news, { kind: 'redrive', deadLetterId: letterOf(act) });
      await handle.result();
      expect(gateway.kept()).toBe(0);
      expect([...gateway.refunds.keys()]).not.toContain(gateway.refundCalls[0]?.key);
      expect(act.letters()).toEqual(['refund resolved']);
    });
  });
});

test('a refused refund that someone gave up is no longer waited for', async () => {
  const gateway = createFakeGateway({ refund: () => refusal });
  await stage.play({ gateway, policy }, async (act) => {
    const handle = await unknownRefund(act, 'refund');
    const dueOne = act.books.refunds.dueOne;
    act.books.refunds.dueOne = async (refund) => (act.letters().includes('refund open') ? dueOne(refund) : []);
    for (const letter of act.books.lettersOf(act.order.orderId)) letter.state = 'discarded';
    await handle.result();
    expect(act.entry().refunds).toMatchObject([{ state: 'failed' }]);
    expect(gateway.kept()).toBeGreaterThan(0);
  });
});

stage.replaysEverything();
