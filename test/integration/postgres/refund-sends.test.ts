import { afterAll, afterEach, beforeAll, describe, expect, jest, test } from '@jest/globals';
import { MockActivityEnvironment } from '@temporalio/testing';
import { DefaultLogger } from '@temporalio/worker';
import { createRefundActivities, type RefundStore } from '../../../src/activities/refunds.js';
import { createDeadLetterDecisionStore } from '../../../src/adapters/postgres/dead-letters/dead-letter-decision-store.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { createFakeGateway, type GatewayScript } from '../../support/fake-gateway.js';
import { createOrderRows, type OrderRows } from '../../support/order-rows.js';
import { asked, createRefundCases, keyOf, SEEN, type RefundCases } from '../../support/refund-cases.js';
import { startStack, type Stack } from '../../support/stack.js';

const LOST = { kind: 'ambiguous', reason: 'no answer' } as const;

let stack: Stack;
let rows: OrderRows;
let refunds: RefundStore;
let cases: RefundCases;
beforeAll(async () => {
  stack = await startStack();
  rows = createOrderRows(stack.database);
  refunds = createRefundStore(stack.database);
  cases = createRefundCases(stack.database, refunds, rows);
});
afterAll(async () => stack?.close());
afterEach(() => void jest.restoreAllMocks());

/** A try of a refund's workflow, at a gateway that does as the script says. */
function trying(script: GatewayScript, store: RefundStore = refunds) {
  const gateway = createFakeGateway(script);
  const { sendRefund } = createRefundActivities({ gateway: gateway.gateway, refunds: store });
  const send = ({ orderId, refundId }: ReturnType<typeof asked>): Promise<unknown> =>
    new MockActivityEnvironment({}, { logger: new DefaultLogger('ERROR') }).run(sendRefund, {
      orderId,
      refundId,
      tries: 4,
    });
  return { send, gateway };
}
const keysOf = ({ gateway }: ReturnType<typeof trying>) => gateway.refundCalls.map(({ key }) => key);

async function openRefund(name: string) {
  const orderId = await rows.insertPaid();
  const refund = asked(orderId, name, 4_000);
  await refunds.openRefund(refund);
  return { orderId, refund };
}

/** Evidence that it did not go back, and the redrive that gives it a new key. */
async function replaceKey(orderId: string) {
  await cases.prove(orderId, await cases.openLetter(orderId), false);
  await refunds.redriveRefund(orderId, await cases.openLetter(orderId));
}

describe('a refund whose key is replaced meanwhile', () => {
  test.each([{ kind: 'not_found' }, { kind: 'processing' }, undefined] as const)(
    'by evidence and a redrive, while it is looked up (%p), is sent under its new key only',
    async (answer) => {
      const { orderId, refund } = await openRefund('looked-up');
      await refunds.record(keyOf(refund), LOST, 1, 1);
      const lookupRefund = async () => {
        await replaceKey(orderId);
        if (answer === undefined) throw new Error('connection reset');
        return answer;
      };
      const attempt = trying({ lookupRefund });
      expect(await attempt.send(refund)).toEqual({ kind: 'refunded' });
      expect(keysOf(attempt)).toEqual([keyOf(refund, 2)]);
      expect(await rows.refunds(orderId)).toMatchObject([{ state: 'succeeded', number: 2 }]);
    },
  );

  test('between the list of what is due and its send is sent under its new key only', async () => {
    const { orderId, refund } = await openRefund('listed');
    let isListed = false;
    const store: RefundStore = {
      ...refunds,
      async dueOne(about) {
        const due = await refunds.dueOne(about);
        if (!isListed) {
          isListed = true;
          await refunds.record(keyOf(refund), LOST, 1, 1);
          await replaceKey(orderId);
        }
        return due;
      },
    };
    const attempt = trying({}, store);
    expect(await attempt.send(refund)).toEqual({ kind: 'refunded' });
    expect(keysOf(attempt)).toEqual([keyOf(refund, 2)]);
  });

  test('while it is sent is not reported as refunded by the answer for its old key', async () => {
    const { orderId, refund } = await openRefund('sent');
    const attempt = trying({
      async refund({ key }) {
        if (key !== keyOf(refund)) return { kind: 'refused', code: 'refund_exceeds_charge' };
        // The gateway itself says that this key has failed, so it may be replaced.
        await refunds.record(key, { kind: 'refused', code: 'charge_disputed' }, 1);
        await refunds.redriveRefund(orderId, await cases.openLetter(orderId));
        return { kind: 'refunded', reference: 're_late' };
      },
    });
    expect(await attempt.send(refund)).toEqual({ kind: 'refused', code: 'refund_exceeds_charge' });
    const letters = await rows.letters(orderId);
    expect(letters.map(({ error_class }) => error_class)).toEqual(['RefundRefused', 'RefundedUnderPastKey']);
  });
});

describe('a refund that is claimed to be sent', () => {
  test('is not sent by any other sender until that one is done', async () => {
    const { refund } = await openRefund('twice');
    let release = () => {};
    const released = new Promise<void>((resolve) => (release = resolve));
    let arrived = () => {};
    const arrival = new Promise<void>((resolve) => (arrived = resolve));
    const slow = trying({
      async refund() {
        arrived();
        await released;
        return LOST;
      },
    });
    const other = trying({});
    const first = slow.send(refund).catch((error: Error) => error);
    await arrival;
    await expect(other.send(refund)).rejects.toMatchObject({ type: 'GatewayNotExecuted' });
    expect(keysOf(other)).toEqual([]);
    release();
    expect(await first).toMatchObject({ type: 'GatewayAmbiguous' });
    expect(await other.send(refund)).toEqual({ kind: 'refunded' });
    expect(keysOf(other)).toEqual([keyOf(refund)]);
  });

  test('is not sent by a process that was paused meanwhile', async () => {
    const { orderId, refund } = await openRefund('paused');
    const now = performance.now.bind(performance);
    let pausedMs = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => now() + pausedMs);
    const store: RefundStore = {
      ...refunds,
      async claim(...claim) {
        const claimed = await refunds.claim(...claim);
        pausedMs = 2_500;
        return claimed;
      },
    };
    const attempt = trying({}, store);
    await expect(attempt.send(refund)).rejects.toMatchObject({ type: 'GatewayNotExecuted' });
    expect(keysOf(attempt)).toEqual([]);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'pending', number: 1 }]);
    expect(await trying({}).send(refund)).toEqual({ kind: 'refunded' });
  });

  test('may be sent again when its sender has been dead for longer than a call may take', async () => {
    const { refund } = await openRefund('crashed');
    expect(await refunds.claim(keyOf(refund), 300)).toEqual({ kind: 'send' });
    expect(await refunds.claim(keyOf(refund), 300)).toMatchObject({ kind: 'busy', retryAfterMs: expect.any(Number) });
    await new Promise((resolve) => setTimeout(resolve, 350));
    expect(await refunds.claim(keyOf(refund), 300)).toEqual({ kind: 'send' });
  });

  test('is not found absent by a look-up before that call is over', async () => {
    const { refund } = await openRefund('absent');
    await refunds.claim(keyOf(refund), 60_000);
    await stack.database.kysely
      .updateTable('refunds')
      .set({ state: 'unknown', looked_up: true })
      .where('refund_id', '=', refund.refundId)
      .execute();
    const settled = { latencyMs: 1, settlingTimeMs: 0 };
    const looked = await refunds.looked(keyOf(refund), { kind: 'not_found' }, settled);
    expect(looked.kind === 'unknown' && looked.retryAfterMs > 50_000).toBe(true);
  });

  test('takes no evidence that it did not go back', async () => {
    const { orderId, refund } = await openRefund('evidence');
    await refunds.record(keyOf(refund), LOST, 1, 1);
    await stack.database.kysely
      .updateTable('refunds')
      .set({ send_by: new Date(Date.now() + 60_000) })
      .where('refund_id', '=', refund.refundId)
      .execute();
    const letter = await cases.openLetter(orderId);
    const reader = createDeadLetterDecisionStore(stack.database);
    expect(await reader.giveEvidence(letter, { happened: false, ...SEEN })).toEqual({ kind: 'under_way' });
  });

  test.each([
    ['succeeded', { kind: 'refunded', reference: 're' }, { kind: 'refunded' }],
    ['failed', { kind: 'refused', code: 'no' }, { kind: 'refused', code: 'no' }],
    ['looked up', LOST, { kind: 'unknown', retryAfterMs: 0 }],
  ] as const)('is not sent when it has %s', async (_, answer, outcome) => {
    const { refund } = await openRefund('over');
    await refunds.record(keyOf(refund), answer, 1, 1);
    expect(await refunds.claim(keyOf(refund), 300)).toEqual(outcome);
  });
});
