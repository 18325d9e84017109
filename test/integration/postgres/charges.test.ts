import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import type { ChargeStore } from '../../../src/activities/payments.js';
import { anOrder } from '../../support/orders.js';
import { startStack, type Stack } from '../../support/stack.js';

const CALL = { latencyMs: 1 };
const TTL_MS = 60_000;

let stack: Stack;
let charges: ChargeStore;
beforeAll(async () => {
  stack = await startStack();
  charges = createChargeStore(stack.database);
});
afterAll(async () => stack?.close());

/** A reserved order whose first charge was written down to be sent within that window. */
async function sentCharge(sendWindowMs: number) {
  const order = anOrder();
  const run = { orderId: order.orderId, owner: 'run-1' };
  await createReservationStore(stack.database).reserveInventory({ order, owner: run.owner, ttlMs: TTL_MS });
  await charges.claim(run, sendWindowMs, TTL_MS);
  const capture = { kind: 'captured', reference: 'ch_1', amountMinor: order.totalMinor, currency: 'EUR' } as const;
  return { order, run, capture };
}

const stateOf = async (orderId: string) => {
  const attempts = stack.database.kysely.selectFrom('payment_attempts').select(['state', 'decline_code']);
  return attempts.where('order_id', '=', orderId).executeTakeFirstOrThrow();
};

test.each([
  ['declined', 'card_declined'],
  ['not_charged', undefined],
])('a look-up that settles one charge as %s leaves those of all other orders alone', async (state, code) => {
  const paid = await sentCharge(0);
  await charges.captured(paid.run, 1, paid.capture, CALL);
  const open = await sentCharge(0);
  const asked = await sentCharge(0);
  await charges.disproved(asked.run, 1, CALL, code);

  expect(await stateOf(asked.order.orderId)).toMatchObject({ state });
  expect(await stateOf(paid.order.orderId)).toEqual({ state: 'captured', decline_code: null });
  expect(await stateOf(open.order.orderId)).toEqual({ state: 'sent', decline_code: null });
});

test('"not found" proves nothing about a send that may still begin', async () => {
  const { order, run } = await sentCharge(60_000);
  expect(await charges.disproved(run, 1, CALL)).toEqual({ kind: 'unknown', retryAfterMs: 0 });
  expect(await stateOf(order.orderId)).toMatchObject({ state: 'sent' });
});

test('R17: a capture is believed even after the charge was declared dead', async () => {
  const { order, run, capture } = await sentCharge(0);
  await charges.disproved(run, 1, CALL);
  expect(await charges.captured(run, 1, capture, CALL)).toEqual({ kind: 'confirmed' });
  expect(await stateOf(order.orderId)).toMatchObject({ state: 'captured' });
});

test('R8: the same capture written down twice confirms once and sells once', async () => {
  const { order, run, capture } = await sentCharge(0);
  const outcomes = await Promise.all([1, 2, 3].map(() => charges.captured(run, 1, capture, CALL)));
  expect(new Set(outcomes.map(({ kind }) => kind))).toEqual(new Set(['confirmed']));
  const moved = stack.database.kysely
    .selectFrom('stock_movements')
    .select('kind')
    .where('order_id', '=', order.orderId);
  expect((await moved.execute()).map(({ kind }) => kind).toSorted()).toEqual(['commit', 'reserve']);
});
