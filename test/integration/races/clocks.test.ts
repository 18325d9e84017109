import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endStateOf, stockTrouble } from '../../support/end-state.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../../support/shop.js';
import { anEvent, newSecret, postEvent } from '../../support/signed-events.js';
import { startStack, type Stack } from '../../support/stack.js';

const SKEWED_CLOCK = fileURLToPath(new URL('../../support/skewed-clock.mjs', import.meta.url));
const DAY_MS = 86_400_000;
const secret = newSecret();

const settings = (skewMs: number) => ({
  RETRY_INITIAL_MS: '100',
  BREAKER_FAILURES: '1000',
  GATEWAY_TIMEOUT_MS: '300',
  GATEWAY_SETTLING_MS: '1000',
  LOOKUP_MAXIMUM_MS: '500',
  RESERVATION_TTL_MS: '600000',
  REVIEW_DEADLINE_MS: '600000',
  FRAUD_REVIEW_ABOVE_MINOR: '100000',
  SANDBOX_EVENT_SECRETS: secret,
  NODE_OPTIONS: `--import=${SKEWED_CLOCK}`,
  CLOCK_SKEW_MS: `${skewMs}`,
});

let stack: Stack;
let ahead: Shop;
let behind: Shop;
// One process lives a day ahead, the other a day behind; each of them may take any order's next step.
beforeAll(async () => {
  stack = await startStack();
  const [first, second] = await Promise.all([
    stack.serve('api,worker', settings(DAY_MS)),
    stack.serve('api,worker', settings(-DAY_MS)),
  ]);
  [ahead, behind] = [createShop(first.url), createShop(second.url)];
});
afterAll(async () => stack?.close());

/** Seconds from the database's now to this column's time. */
async function secondsUntil(column: string, table: string, orderId: string): Promise<number> {
  const { rows } = await stack.database.pool.query<{ seconds: number }>(
    `select extract(epoch from ${column} - now())::float8 as seconds from ${table} where order_id = '${orderId}'`,
  );
  return rows[0]?.seconds ?? Number.NaN;
}

test('R37: orders that pass between processes whose clocks are two days apart are confirmed and charged once', async () => {
  const methods = ['pm_ok', 'pm_fail_2', 'pm_timeout_after', 'pm_slow_700', 'pm_ok', 'pm_error_after'];
  const orders = await Promise.all(
    methods.map(async (method, i) => {
      const checkout = aCheckout({}, method);
      await (i % 2 === 0 ? ahead : behind).post(checkout);
      return (i % 2 === 0 ? behind : ahead).until(checkout.order_id, ['confirmed']);
    }),
  );
  for (const order of orders) {
    expect(await endStateOf(stack, order)).toMatchObject({ charges: [`${order.id}:charge:1`], kept: 1_999 });
  }
});

test.each(['ahead', 'behind'])(
  'R37: a process that is %s holds stock and reviews for as long as the database counts',
  async (where) => {
    const shop = where === 'ahead' ? ahead : behind;
    const paying = aCheckout({}, 'pm_slow_3000');
    await shop.post(paying);
    await shop.until(paying.order_id, ['reserved', 'payment_unknown']);
    expect(await secondsUntil('expires_at', 'reservations', paying.order_id)).toBeGreaterThan(580);
    expect(await secondsUntil('expires_at', 'reservations', paying.order_id)).toBeLessThan(600);

    const reviewed = aCheckout({ items: [{ sku: 'product-B', quantity: 30 }] });
    await shop.post(reviewed);
    await shop.until(reviewed.order_id, ['in_review']);
    expect(await secondsUntil('review_by', 'orders', reviewed.order_id)).toBeGreaterThan(580);
    expect(await secondsUntil('review_by', 'orders', reviewed.order_id)).toBeLessThan(600);
    await shop.ask(reviewed.order_id, 'review', { decision: 'approve' });
    await shop.until(reviewed.order_id, ['confirmed']);
  },
);

test('R37: a charge is not given up before the gateway must have settled, no matter which process looks', async () => {
  const checkout = aCheckout({}, 'pm_timeout_before');
  await ahead.post(checkout);
  const order = await behind.until(checkout.order_id, ['failed']);
  // From the last moment at which it might have been sent, by the database's clock.
  const { rows } = await stack.database.pool.query<{ state: string; seconds: number }>(
    `select state, extract(epoch from updated_at - send_by)::float8 as seconds from payment_attempts
     where order_id = '${checkout.order_id}'`,
  );
  expect(rows).toEqual([{ state: 'not_charged', seconds: expect.any(Number) }]);
  expect(rows[0]?.seconds).toBeGreaterThanOrEqual(1);
  expect(await endStateOf(stack, order)).toMatchObject({ charges: [], reservations: ['released'] });
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R37: a message is taken by an API whose clock is off by less than the tolerance, both ways, and refused beyond', async () => {
  const event = anEvent('charge.captured', newOrderId());
  for (const [skewMs, answer] of [
    [-280_000, 200],
    [280_000, 200],
    [-320_000, 400],
    [320_000, 400],
  ] as const) {
    const api = await stack.serve('api', settings(skewMs));
    expect([skewMs, await postEvent(api.url, event, { secret })]).toEqual([skewMs, answer]);
    await api.stop();
  }
});
