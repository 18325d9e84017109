import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createOrderReader } from '../../../src/adapters/postgres/orders/order-reader.js';
import { createOrderStore } from '../../../src/adapters/postgres/orders/order-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import type { Failure } from '../../../src/domain/failure.js';
import { eventually, stockTrouble } from '../../support/end-state.js';
import { anOrder } from '../../support/orders.js';
import { createPayingOrders, type PayingOrders } from '../../support/paying-orders.js';
import { startStack, type Stack } from '../../support/stack.js';

const TTL_MS = 60_000;

let stack: Stack;
let orders: PayingOrders;
beforeAll(async () => {
  stack = await startStack();
  orders = createPayingOrders(stack.database);
});
afterAll(async () => stack?.close());

async function seeded(onHand: number) {
  const sku = `sku-${randomUUID()}`;
  await stack.seed({ sku, name: 'Thing', currency: 'EUR', unitPriceMinor: 100, onHand });
  const lines = [{ sku, name: 'Thing', quantity: 1, unitPriceMinor: 100 }];
  return { sku, anOrder: () => anOrder({ lines, totalMinor: 100 }) };
}

/** Runs all of it while no one gets on with this product's stock, and lets them go on together. */
async function crowdedAt<T>(sku: string, many: readonly (() => Promise<T>)[]): Promise<PromiseSettledResult<T>[]> {
  const client = await stack.database.pool.connect();
  try {
    await client.query('begin');
    await client.query('select from stock where sku = $1 for update', [sku]);
    const settled = Promise.allSettled(many.map((one) => one()));
    const waiting = async () => {
      const { rowCount } = await stack.database.pool.query(
        `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`,
      );
      return rowCount ?? 0;
    };
    await eventually(waiting, (n) => n >= many.length, 10_000);
    await client.query('commit');
    return await settled;
  } finally {
    client.release();
  }
}

test('R5: of eight that reserve the last unit together one gets it, and the others are refused at their first try', async () => {
  const { sku, anOrder: one } = await seeded(1);
  const reservations = createReservationStore(stack.database);
  const crowd = Array.from(
    { length: 8 },
    () => () => reservations.reserveInventory({ order: one(), owner: 'run-1', ttlMs: TTL_MS }),
  );
  const outcomes = await crowdedAt(sku, crowd);
  const kinds = outcomes.map((outcome) =>
    outcome.status === 'fulfilled' ? outcome.value.kind : `failed: ${String(outcome.reason)}`,
  );
  expect(kinds.toSorted((a, b) => (a < b ? -1 : 1))).toEqual([
    ...Array.from({ length: 7 }, () => 'out_of_stock'),
    'reserved',
  ]);
  expect(await orders.stock(sku)).toEqual({ on_hand: 1, reserved: 1 });
});

const failing = (reason: Failure['reason']) => ({
  status: 'compensating' as const,
  failure: JSON.stringify({ step: 'charge', reason, detail: '' }),
});

test.each([
  ['expired', failing('expired'), 'expired'],
  ['declined', failing('payment_declined'), 'released'],
  ['cancelled', { status: 'cancelling' as const, cancel_reason: 'asked' }, 'released'],
])('R23: stock of an order that is %s and released by twenty at once is released once', async (_, undoing, state) => {
  const { sku, anOrder: one } = await seeded(10);
  // What others hold of it must not cover up what is given back twice.
  await createReservationStore(stack.database).reserveInventory({
    order: { ...one(), orderId: randomUUID() },
    owner: 'run-1',
    ttlMs: TTL_MS,
  });
  const { order, run } = await orders.reserved(one());
  await stack.database.kysely.updateTable('orders').set(undoing).where('order_id', '=', order.orderId).execute();
  const reservations = createReservationStore(stack.database);
  await Promise.all(Array.from({ length: 20 }, () => reservations.releaseInventory(run)));
  await reservations.releaseInventory(run);
  expect(await orders.traces(order.orderId)).toMatchObject({ held: [{ state }], moves: ['reserve', 'release'] });
  expect(await orders.stock(sku)).toEqual({ on_hand: 10, reserved: 1 });
  expect(await stockTrouble(stack)).toEqual([]);
});

test('an order says until when its stock is held, and says nothing once nothing is', async () => {
  const { anOrder: one } = await seeded(1);
  const order = one();
  const run = { orderId: order.orderId, owner: 'run-1' };
  const reader = createOrderReader(stack.database);
  const reservations = createReservationStore(stack.database);
  await reservations.reserveInventory({ order, owner: run.owner, ttlMs: TTL_MS });
  const held = await reader.find(order.orderId);
  const { rows } = await stack.database.pool.query<{ at: Date }>(
    'select expires_at as at from reservations where order_id = $1',
    [order.orderId],
  );
  expect(held?.holdExpiresAt).toBe(rows[0]?.at.toISOString());
  const store = createOrderStore(stack.database);
  await store.beginUndo({ order, owner: run.owner, ending: { status: 'cancelled', reason: 'no' } });
  await reservations.releaseInventory(run);
  expect((await reader.find(order.orderId))?.holdExpiresAt).toBeNull();
});
