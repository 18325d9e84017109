import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { plantOrder } from '../../support/planted-orders.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
  const { pool } = stack.database;
  const id = await plantOrder(stack.database, 'confirmed');
  await pool.query(
    `insert into gateway_calls (order_id, idempotency_key, operation, outcome, latency_ms) values ($1, 'k', 'charge', 'x', 1)`,
    [id],
  );
  await pool.query(
    `with e as (
       insert into webhook_endpoints (url, event_types, trail_types, secret) values ('https://a.b', '{*}', '{}', 's') returning id
     ), d as (
       insert into webhook_deliveries (endpoint_id, message_id, type, state) select id, 'm', 't', 'failed' from e returning id
     )
     insert into delivery_attempts (delivery_id, number, outcome, latency_ms) select id, 1, 'accepted', 1 from d`,
  );
});
afterAll(async () => stack?.close());

test.each([
  ['order_events', 'update order_events set type = type'],
  ['order_events', 'delete from order_events'],
  ['order_lines', 'update order_lines set unit_price_minor = 0'],
  ['order_lines', 'delete from order_lines'],
  ['orders', `update orders set adjustments = '[]'`],
  ['gateway_calls', `update gateway_calls set outcome = 'y'`],
  ['gateway_calls', 'delete from gateway_calls'],
  ['payments', 'update payments set amount_minor = 0'],
  ['payments', 'delete from payments'],
  ['stock_movements', 'update stock_movements set on_hand_delta = 0'],
  ['stock_movements', 'delete from stock_movements'],
  ['delivery_attempts', 'update delivery_attempts set latency_ms = 0'],
])('%s is written once: "%s" is refused', async (table, rewriting) => {
  const { pool } = stack.database;
  const before = await pool.query(`select * from ${table}`);
  expect(before.rowCount).toBeGreaterThan(0);
  await expect(pool.query(rewriting)).rejects.toThrow(`${table} is append-only`);
  expect((await pool.query(`select * from ${table}`)).rows).toEqual(before.rows);
});

test('the tries of a delivery go with it', async () => {
  const { pool } = stack.database;
  await pool.query('delete from webhook_deliveries');
  expect((await pool.query('select from delivery_attempts')).rowCount).toBe(0);
});
