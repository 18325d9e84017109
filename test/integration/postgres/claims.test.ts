import { afterAll, beforeAll, describe, expect, jest, test } from '@jest/globals';
import type { GatewayTrouble } from '../../../src/activities/gateway-calls.js';
import type { ChargeStore } from '../../../src/activities/payments.js';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { CALL, createPayingOrders, type PayingOrders } from '../../support/paying-orders.js';
import { startStack, type Stack } from '../../support/stack.js';

const DAY_MS = 86_400_000;
const SETTLING_MS = 60_000;
const ambiguous: GatewayTrouble = { kind: 'ambiguous', reason: 'timeout' };
// All that fake timers can replace but for `Date`.
const NOT_THE_CLOCK = [
  'hrtime',
  'nextTick',
  'performance',
  'queueMicrotask',
  'setImmediate',
  'clearImmediate',
  'setInterval',
  'clearInterval',
  'setTimeout',
  'clearTimeout',
] as const;
const notExecuted: GatewayTrouble = { kind: 'not_executed', reason: 'connection refused' };

let stack: Stack;
let orders: PayingOrders;
let charges: ChargeStore;
beforeAll(async () => {
  stack = await startStack();
  orders = createPayingOrders(stack.database);
  charges = createChargeStore(stack.database);
});
afterAll(async () => stack?.close());

const attemptsOf = async (orderId: string) => (await orders.traces(orderId)).attempts;

describe('the doubt about a send that may have taken money', () => {
  /** Sent twice under one key; what the first send did is not known. */
  async function sentInDoubt() {
    const { order, run } = await orders.sent();
    await charges.troubled(run, 1, ambiguous, CALL);
    const request = { key: `${order.orderId}:charge:1` };
    expect(await orders.claim(run)).toMatchObject({ kind: 'send', attempt: 1, doubtful: true, request });
    return { order, run };
  }

  test('outlasts a later try that certainly did nothing', async () => {
    const { order, run } = await sentInDoubt();
    await charges.troubled(run, 1, notExecuted, CALL);
    expect(await attemptsOf(order.orderId)).toEqual([{ attempt: 1, state: 'unknown', doubtful: true }]);
    expect(await charges.standing(run, SETTLING_MS)).toMatchObject({ kind: 'open', attempt: 1 });
  });

  test('outlasts a decline of a later try', async () => {
    const { order, run } = await sentInDoubt();
    expect(await charges.declined(run, 1, 'card_declined', CALL)).toMatchObject({ kind: 'unknown' });
    expect(await attemptsOf(order.orderId)).toEqual([{ attempt: 1, state: 'unknown', doubtful: true }]);
    expect(await charges.standing(run, SETTLING_MS)).toMatchObject({ kind: 'open', attempt: 1 });
  });

  test('outlasts a try that the circuit breaker refused', async () => {
    const { order, run } = await sentInDoubt();
    expect(await charges.notSent(run, 1, 60_000)).toBe(1);
    expect(await attemptsOf(order.orderId)).toEqual([{ attempt: 1, state: 'unknown', doubtful: true }]);
  });
});

test('a refused charge waits until the gateway may be asked, and its next claim ends the wait', async () => {
  const { order, run } = await orders.sent();
  const waitOf = async () => {
    const { rows } = await stack.database.pool.query<{ ms: number | null }>(
      `select (extract(epoch from waits_until - now()) * 1000)::int as ms from payment_attempts where order_id = $1`,
      [order.orderId],
    );
    return rows[0]?.ms;
  };
  expect(await waitOf()).toBeNull();
  expect(await charges.notSent(run, 1, 60_000)).toBe(0);
  expect(await waitOf()).toBeGreaterThan(50_000);
  expect(await waitOf()).toBeLessThanOrEqual(60_000);
  expect(await orders.claim(run)).toMatchObject({ kind: 'send', attempt: 1 });
  expect(await waitOf()).toBeNull();
});

describe('another run of the order gets no separate key', () => {
  test.each([
    ['was sent', undefined, 'sent'],
    ['is unknown', ambiguous, 'unknown'],
    ['may be sent again', notExecuted, 'created'],
  ])('while the charge of the first %s', async (_, trouble, state) => {
    const { order, run } = await orders.sent();
    if (trouble !== undefined) await charges.troubled(run, 1, trouble, CALL);
    const next = await orders.handOver(order.orderId);
    await expect(orders.claim(next)).rejects.toThrow('has a charge of another run');
    expect(await attemptsOf(order.orderId)).toMatchObject([{ attempt: 1, state }]);
  });

  test('while the capture of the first is given back only in part, and gets one when all of it is', async () => {
    const { order, run, capture } = await orders.sent();
    const next = await orders.handOver(order.orderId);
    expect(await charges.captured(run, 1, capture, CALL)).toEqual({ kind: 'superseded' });
    const giveBack = (number: number, amount: number, state: string) =>
      stack.database.pool.query(
        `insert into refunds (idempotency_key, refund_id, order_id, attempt, amount_minor, currency, state)
         values ('${order.orderId}:refund:${number}', '${order.orderId}-${number}', '${order.orderId}', 1, ${amount}, 'EUR', '${state}')`,
      );
    await expect(orders.claim(next)).rejects.toThrow('has a charge of another run');
    await giveBack(1, order.totalMinor - 1, 'succeeded');
    await giveBack(2, 1, 'pending');
    await expect(orders.claim(next)).rejects.toThrow('has a charge of another run');
    expect(await attemptsOf(order.orderId)).toMatchObject([{ attempt: 1, state: 'captured' }]);

    await stack.database.pool.query(`update refunds set state = 'succeeded' where order_id = '${order.orderId}'`);
    expect(await orders.claim(next)).toMatchObject({ kind: 'send', attempt: 2, doubtful: false });
  });
});

describe('R37: whether the gateway has had its time to settle', () => {
  test.each([
    ['a day ahead', DAY_MS],
    ['a day behind', -DAY_MS],
  ])('is measured by the database, also in a process that is %s', async (_, skewMs) => {
    const { run } = await orders.sent();
    await charges.troubled(run, 1, ambiguous, CALL);
    const now = Date.now();
    jest.useFakeTimers({ now: now + skewMs, doNotFake: [...NOT_THE_CLOCK] });
    try {
      const standings = [await charges.standing(run, SETTLING_MS), await charges.earlierStanding(run, SETTLING_MS)];
      for (const standing of standings) {
        expect(standing).toMatchObject({ kind: 'open' });
        const { settlesInMs } = standing as Extract<typeof standing, { kind: 'open' }>;
        expect(settlesInMs).toBeGreaterThan(SETTLING_MS - 30_000);
        expect(settlesInMs).toBeLessThanOrEqual(SETTLING_MS);
      }
    } finally {
      jest.useRealTimers();
    }
  });
});
