import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { ChargeStore } from '../../../src/activities/payments.js';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { createOrderStore } from '../../../src/adapters/postgres/orders/order-store.js';
import { stockTrouble } from '../../support/end-state.js';
import { CALL, createPayingOrders, FIRST_RUN, type PayingOrders } from '../../support/paying-orders.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let orders: PayingOrders;
let charges: ChargeStore;
beforeAll(async () => {
  stack = await startStack();
  orders = createPayingOrders(stack.database);
  charges = createChargeStore(stack.database);
});
afterAll(async () => stack?.close());

test('a capture of the right amount in another currency is a mismatch: nothing is confirmed, sold or paid', async () => {
  const { order, run, capture } = await orders.sent();
  const other = { ...capture, currency: 'USD' };
  const mismatch = { kind: 'mismatch', capturedMinor: order.totalMinor, currency: 'USD' };
  expect(await charges.captured(run, 1, other, CALL)).toEqual(mismatch);
  expect(await orders.traces(order.orderId)).toMatchObject({
    order: { status: 'reserved' },
    attempts: [{ state: 'captured' }],
    payments: [],
    held: [{ state: 'active' }],
    moves: ['reserve'],
    events: ['order.created', 'inventory.reserved'],
  });
});

test('a capture by a run that no longer owns the order is superseded, and confirms nothing', async () => {
  const { order, run, capture } = await orders.sent();
  await orders.handOver(order.orderId);
  expect(await charges.captured(run, 1, capture, CALL)).toEqual({ kind: 'superseded' });
  expect(await orders.traces(order.orderId)).toMatchObject({
    order: { status: 'reserved', owner: 'run-2' },
    attempts: [{ state: 'captured' }],
    payments: [],
    held: [{ state: 'active' }],
    moves: ['reserve'],
    events: ['order.created', 'inventory.reserved'],
  });
});

test.each([
  [{ status: 'failed', failure: { step: 'charge', reason: 'payment_declined', detail: 'declined' } } as const],
  [{ status: 'cancelled', reason: 'asked for' } as const],
])('an undo by a run that no longer owns the order changes nothing (%j)', async (ending) => {
  const { order } = await orders.sent();
  await orders.handOver(order.orderId);
  const before = await orders.traces(order.orderId);
  const opening = createOrderStore(stack.database).beginUndo({ order, owner: FIRST_RUN, ending });
  expect(await opening).toEqual({ kind: 'superseded' });
  expect(await orders.traces(order.orderId)).toEqual(before);
});

test('a capture that finds one of two lines no longer held, and its stock sold, is unreserved and sells neither', async () => {
  const gone = `gone-${Date.now()}`;
  await stack.seed({ sku: gone, name: 'Gone', currency: 'EUR', unitPriceMinor: 100, onHand: 1 });
  const line = { quantity: 1, unitPriceMinor: 100 };
  const lines = [
    { ...line, sku: gone, name: 'Gone' },
    { ...line, sku: 'product-A', name: 'Notebook' },
  ];
  const { order, run, capture } = await orders.sent({ lines, totalMinor: 200 });
  await stack.database.pool.query(
    `with freed as (
       update reservations set state = 'released' where order_id = '${order.orderId}' and sku = '${gone}'
     ), sold as (
       update stock set on_hand = 0, reserved = 0 where sku = '${gone}'
     )
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     values ('${gone}', '${order.orderId}', 'release', 0, -1), ('${gone}', null, 'adjust', -1, 0)`,
  );
  const before = await orders.stock('product-A');
  expect(await charges.captured(run, 1, capture, CALL)).toEqual({ kind: 'unreserved' });
  expect(await orders.traces(order.orderId)).toMatchObject({
    order: { status: 'reserved' },
    attempts: [{ state: 'captured' }],
    payments: [],
    held: [
      { sku: gone, state: 'released' },
      { sku: 'product-A', state: 'active' },
    ],
    events: ['order.created', 'inventory.reserved'],
  });
  expect(await orders.stock('product-A')).toEqual(before);
  expect(await stockTrouble(stack)).toEqual([]);
});
