import { beforeAll, describe, expect, test } from '@jest/globals';
import { orderWorkflowId } from '../../../src/workflows/contract.js';
import { endStateOf, eventually, lettersOf, stockTrouble } from '../../support/end-state.js';
import { playOutage, wrongAfter, type Outage } from '../../support/gateway-outage.js';
import { runCommand } from '../../support/run-command.js';
import { aCheckout, createShop } from '../../support/shop.js';
import { startStack } from '../../support/stack.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('R36: a breaker that stays open beyond the payment deadline fails the orders, and none was ever sent', async () => {
  const stack = await startStack();
  try {
    const shop = createShop(
      (
        await stack.serve('api,worker', {
          RETRY_INITIAL_MS: '100',
          BREAKER_FAILURES: '1',
          BREAKER_HALF_OPEN_MS: '600000',
          PAYMENT_DEADLINE_MS: '4000',
          RESERVATION_TTL_MS: '1000',
          SANDBOX_URL: 'http://127.0.0.1:9',
        })
      ).url,
    );
    const opener = aCheckout();
    await shop.post(opener);
    await shop.until(opener.order_id, ['reserved']);
    await sleep(300);
    const checkouts = Array.from({ length: 10 }, () => aCheckout());
    await Promise.all(checkouts.map((checkout) => shop.post(checkout)));
    await sleep(1_500);
    for (const { order_id } of checkouts) {
      // Past the reservation's time, and still held: each time it asks, it is extended.
      const order = await shop.until(order_id, ['reserved']);
      expect(await endStateOf(stack, order)).toMatchObject({ reservations: ['active'] });
    }
    for (const { order_id } of checkouts) {
      const order = await shop.until(order_id, ['failed']);
      expect(order.payment.attempts).toMatchObject([{ state: 'not_charged', tries: 0 }]);
      expect(await endStateOf(stack, order)).toMatchObject({
        reason: 'payment_unavailable',
        reservations: ['released'],
      });
      expect(await lettersOf(stack, order_id)).toMatchObject([{ kind: 'charge', state: 'open' }]);
    }
    expect(await stockTrouble(stack)).toEqual([]);
  } finally {
    await stack.close();
  }
});

test('R31: a run that waits for the breaker and is interrupted in Temporal is brought to its end, uncharged', async () => {
  const stack = await startStack();
  try {
    const settings = {
      RETRY_INITIAL_MS: '100',
      BREAKER_FAILURES: '1',
      BREAKER_HALF_OPEN_MS: '600000',
      SANDBOX_URL: 'http://127.0.0.1:9',
    };
    const shop = createShop((await stack.serve('api,worker', settings)).url);
    const placed = async () => {
      const checkout = aCheckout();
      await shop.post(checkout);
      await shop.until(checkout.order_id, ['reserved']);
      return checkout.order_id;
    };
    const opener = await placed();
    // Until the breaker is open a charge might be on its way, and its truth could never be learned here.
    const calls = stack.database.kysely.selectFrom('gateway_calls').select('outcome').where('order_id', '=', opener);
    await eventually(
      () => calls.execute(),
      ({ length }) => length === 1,
    );
    const [cancelled, terminated] = await Promise.all([placed(), placed()]);
    const runOf = (id: string) => stack.client.workflow.getHandle(orderWorkflowId(id));
    await runOf(cancelled).cancel();
    await runOf(terminated).terminate('by an operator');
    await eventually(
      () => stack.client.workflow.count(`ExecutionStatus = 'Terminated'`),
      ({ count }) => count === 1,
    );
    const { code, output } = await runCommand(['audit'], {
      ...settings,
      DATABASE_URL: stack.databaseUrl,
      TEMPORAL_ADDRESS: stack.temporalAddress,
      TEMPORAL_NAMESPACE: stack.namespace,
    });
    expect([code, output.includes(`no-run-ends-badly [${terminated}]`)]).toEqual([1, true]);
    for (const [id, status] of [
      [cancelled, 'cancelled'],
      [terminated, 'failed'],
    ] as const) {
      const order = await shop.until(id, [status]);
      expect(await endStateOf(stack, order)).toMatchObject({ charges: [], reservations: ['released'] });
    }
  } finally {
    await stack.close();
  }
});

describe('R36: the gateway is killed for a while under fifty checkouts', () => {
  let outage: Outage;
  beforeAll(async () => {
    outage = await playOutage({
      awayMs: 9_000,
      withinMs: 60_000,
      settings: {
        RETRY_INITIAL_MS: '200',
        LOOKUP_MAXIMUM_MS: '1000',
        GATEWAY_TIMEOUT_MS: '1000',
        GATEWAY_SETTLING_MS: '500',
        BREAKER_HALF_OPEN_MS: '2000',
      },
    });
  }, 120_000);

  test('R36: no order fails: all fifty are confirmed', () => {
    expect(outage.orders.filter(({ status }) => status !== 'confirmed')).toEqual([]);
    expect(outage.orders).toHaveLength(50);
  });

  test('R36: each of them was charged once', () => {
    expect(wrongAfter(outage)).toEqual([]);
    expect(outage.entries).toHaveLength(50);
  });

  test('R36: the open breaker protected the gateway: hardly anything was sent while it was down', () => {
    // Without it, 25 orders would have sent four times each. What was cut off by the kill counts too, and may open it alone.
    expect(outage.sentIntoTheVoid).toBeGreaterThan(0);
    expect(outage.sentIntoTheVoid).toBeLessThan(40);
  });
});
