import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Pool } from 'pg';
import { aCheckout, createShop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const SQL = new URL('../../deploy/postgres/limited-role.sql', import.meta.url);

let stack: Stack;
let limitedUrl: string;
beforeAll(async () => {
  stack = await startStack();
  const { pool } = stack.database;
  await pool.query(await readFile(SQL, 'utf8'));
  await pool.query("alter role holdfast_app login password 'only-for-this-test'");
  const url = new URL(stack.databaseUrl);
  [url.username, url.password] = ['holdfast_app', 'only-for-this-test'];
  limitedUrl = url.href;
});
afterAll(async () => {
  const { databaseUrl } = stack;
  await stack.close();
  const admin = new Pool({
    connectionString: Object.assign(new URL(databaseUrl), { pathname: '/postgres' }).href,
    max: 1,
  });
  await admin.query('drop role if exists holdfast_app');
  await admin.end();
});

test('orders are taken, paid, refunded and cancelled by a role that may change no table', async () => {
  const holdfast = await stack.serve('api,worker', { DATABASE_URL: limitedUrl });
  const shop = createShop(holdfast.url);
  const paid = aCheckout();
  expect((await shop.post(paid)).status).toBe(202);
  await shop.until(paid.order_id, ['confirmed']);
  const refund = await shop.ask(
    paid.order_id,
    'refunds',
    { amount_minor: 100, reason: 'x' },
    { 'Idempotency-Key': 'r' },
  );
  expect(refund.status).toBe(202);
  await shop.ask(paid.order_id, 'cancel', { reason: 'x' });
  await shop.until(paid.order_id, ['cancelled']);
  const declined = aCheckout({}, 'pm_declined');
  await shop.post(declined);
  await shop.until(declined.order_id, ['failed']);

  const limited = new Pool({ connectionString: limitedUrl, max: 1 });
  const refused = expect.objectContaining({ code: '42501' });
  await expect(limited.query('create table public.loot (id integer)')).rejects.toEqual(refused);
  await expect(limited.query('alter table orders disable trigger all')).rejects.toEqual(refused);
  await expect(limited.query('truncate orders')).rejects.toEqual(refused);
  await limited.end();
});
