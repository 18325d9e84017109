import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { holdAgain } from '../../../src/adapters/postgres/orders/re-reserve.js';
import { createOrderStore } from '../../../src/adapters/postgres/orders/order-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import { createScreeningStore } from '../../../src/adapters/postgres/orders/screening-store.js';
import type { AcceptedOrder, OrderRun } from '../../../src/domain/order.js';
import { stockTrouble } from '../../support/end-state.js';
import { anOrder } from '../../support/orders.js';
import { orderRow, whileLocked } from '../../support/row-locks.js';
import { startStack, type Stack } from '../../support/stack.js';

const CALL = { latencyMs: 1 };
const TTL_MS = 60_000;

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());

const charges = () => createChargeStore(stack.database);
const orders = () => createOrderStore(stack.database);
const runOf = ({ orderId }: AcceptedOrder, owner = 'run-1') => ({ orderId, owner });
const claim = (run: OrderRun) => charges().claim(run, 0, TTL_MS);
const capture = (order: AcceptedOrder, owner?: string) => {
  const captured = { kind: 'captured', reference: 'ch_1', amountMinor: order.totalMinor, currency: 'EUR' } as const;
  return charges().captured(runOf(order, owner), 1, captured, CALL);
};
const statusOf = async ({ orderId }: AcceptedOrder) => {
  const order = stack.database.kysely.selectFrom('orders').select('status').where('order_id', '=', orderId);
  return (await order.executeTakeFirstOrThrow()).status;
};
const reservedOf = async (sku: string) => {
  const stock = stack.database.kysely.selectFrom('stock').select('reserved').where('sku', '=', sku);
  return (await stock.executeTakeFirstOrThrow()).reserved;
};

/** An order whose charge is being sent. */
async function charging(sku = 'product-A'): Promise<AcceptedOrder> {
  const order = anOrder({ lines: [{ sku, name: sku, quantity: 3, unitPriceMinor: 1_000 }] });
  await createReservationStore(stack.database).reserveInventory({ order, owner: 'run-1', ttlMs: TTL_MS });
  expect(await claim(runOf(order))).toMatchObject({ kind: 'send' });
  return order;
}

/** Frees an order's stock behind its back. */
async function loseStock({ orderId }: AcceptedOrder): Promise<void> {
  await stack.database.pool.query(
    `with freed as (
       update reservations set state = 'released' where order_id = $1 returning sku, quantity
     ), moved as (
       insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
       select sku, $1, 'release', 0, -quantity from freed
     )
     update stock s set reserved = s.reserved - freed.quantity from freed where s.sku = freed.sku`,
    [orderId],
  );
}

test('R31: a recovery that took over just before the old run booked its capture confirms the order with it', async () => {
  const order = await charging();
  expect(await orders().takeOverToRecover(order, 'recovery')).toEqual({ kind: 'open' });
  expect(await capture(order)).toEqual({ kind: 'superseded' });
  expect(await statusOf(order)).toBe('reserved');
  const standing = await charges().earlierStanding(runOf(order, 'recovery'), 0);
  expect(standing).toEqual({ kind: 'known', outcome: { kind: 'confirmed' } });
  expect(await statusOf(order)).toBe('confirmed');
  const { kysely } = stack.database;
  const payments = kysely.selectFrom('payments').select('attempt').where('order_id', '=', order.orderId);
  expect(await payments.execute()).toEqual([{ attempt: 1 }]);
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R31: a capture whose money went back confirms nothing when the redriven order is recovered', async () => {
  const order = await charging();
  const { pool } = stack.database;
  await orders().takeOverToRecover(order, 'undoing');
  await capture(order);
  const failure = { step: 'charge', reason: 'payment_unavailable', detail: 'lost' } as const;
  await orders().beginUndo({ order, owner: 'undoing', ending: { status: 'failed', failure } });
  await createRefundStore(stack.database).due(runOf(order, 'undoing'));
  await pool.query(`update refunds set state = 'succeeded' where order_id = $1`, [order.orderId]);
  await pool.query(`update orders set status = 'reserved', owner = 'redrive' where order_id = $1`, [order.orderId]);
  await orders().takeOverToRecover(order, 'recovery');
  const standing = await charges().earlierStanding(runOf(order, 'recovery'), 0);
  expect(standing).toEqual({ kind: 'known', outcome: { kind: 'not_charged' } });
  expect(await statusOf(order)).toBe('reserved');
});

test('R16: stock that two runs reserve again at once is taken once', async () => {
  const before = await reservedOf('product-B');
  const order = await charging('product-B');
  await loseStock(order);
  const hold = () => holdAgain(stack.database, order.orderId);
  await whileLocked(stack, orderRow(order.orderId), [hold, hold, hold]);
  expect((await reservedOf('product-B')) - before).toBe(3);
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R16: two captures at once of an order whose stock was lost both find it confirmed, and it is sold once', async () => {
  const order = await charging('product-B');
  await loseStock(order);
  const captured = () => capture(order);
  const outcomes = await whileLocked(stack, orderRow(order.orderId), [captured, captured]);
  expect(outcomes).toEqual([{ kind: 'confirmed' }, { kind: 'confirmed' }]);
  const { kysely } = stack.database;
  const moves = await kysely
    .selectFrom('stock_movements')
    .select('kind')
    .where('order_id', '=', order.orderId)
    .orderBy('id')
    .execute();
  expect(moves.map(({ kind }) => kind)).toEqual(['reserve', 'release', 'reserve', 'commit']);
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R17: a claim that has waited while an earlier charge turned out to be captured sends nothing', async () => {
  const order = await charging();
  await charges().disproved(runOf(order), 1, CALL);
  const { pool } = stack.database;
  await pool.query(`update orders set owner = 'run-2' where order_id = $1`, [order.orderId]);
  const answers = await whileLocked<unknown>(stack, orderRow(order.orderId), [
    () => capture(order),
    () => claim(runOf(order, 'run-2')).catch(String),
  ]);
  expect(answers[1]).toContain('has a charge of another run');
  const attempts = stack.database.kysely.selectFrom('payment_attempts').select(['attempt', 'state']);
  expect(await attempts.where('order_id', '=', order.orderId).execute()).toEqual([{ attempt: 1, state: 'captured' }]);
});

test('R31: a run that was reset while its charge is unknown learns that, and not that it lost the order', async () => {
  const order = await charging();
  await charges().unknown(runOf(order), 1, CALL);
  expect(await statusOf(order)).toBe('payment_unknown');
  const answered = { kind: 'answered', outcome: { kind: 'unknown', retryAfterMs: 0 } };
  expect(await claim(runOf(order))).toEqual(answered);
  expect(await claim(runOf(order, 'another'))).toEqual({ kind: 'answered', outcome: { kind: 'superseded' } });
});

test('R31: every forward step of a run that was reset during its undo answers with the ending that was kept', async () => {
  const order = await charging();
  const ending = { status: 'cancelled', reason: 'asked' } as const;
  await orders().beginUndo({ order, owner: 'run-1', ending });
  const run = runOf(order);
  const undoing = { kind: 'undoing', ending };
  const screened = createScreeningStore(stack.database).screened(order, 'run-1', { verdict: 'allow' }, TTL_MS);
  expect(await screened).toEqual(undoing);
  expect(
    await createReservationStore(stack.database).reserveInventory({ order, owner: 'run-1', ttlMs: TTL_MS }),
  ).toEqual(undoing);
  expect(await claim(run)).toEqual({ kind: 'answered', outcome: undoing });
  expect(await charges().standing(run, 0)).toEqual({ kind: 'known', outcome: undoing });
});
