import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createProductStore } from '../../../src/adapters/postgres/catalog/product-store.js';
import { startPostgres15, type OldPostgres } from '../../support/postgres-15.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const newest = process.env['HOLDFAST_IT_POSTGRES_URL'];
let postgres: OldPostgres;
let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  postgres = await startPostgres15();
  process.env['HOLDFAST_IT_POSTGRES_URL'] = postgres.url;
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker')).url);
}, 120_000);
afterAll(async () => {
  process.env['HOLDFAST_IT_POSTGRES_URL'] = newest;
  await stack?.close();
  await postgres?.stop();
});

test('on PostgreSQL 15 orders are confirmed, declined and out of stock as everywhere', async () => {
  const { rows } = await stack.database.pool.query<{ server_version: string }>('show server_version');
  expect(rows[0]?.server_version).toMatch(/^15\./);

  const paid = aCheckout();
  const declined = aCheckout({}, 'pm_declined');
  const short = aCheckout({ items: [{ sku: 'product-C', quantity: 1 }] });
  for (const checkout of [paid, declined, short]) expect((await shop.post(checkout)).status).toBe(202);
  await shop.until(paid.order_id, ['confirmed']);
  expect(await shop.until(declined.order_id, ['failed'])).toMatchObject({ failure: { reason: 'payment_declined' } });
  expect(await shop.until(short.order_id, ['failed'])).toMatchObject({ failure: { reason: 'out_of_stock' } });
});

test('on PostgreSQL 15 an order that is placed twice has its lines once', async () => {
  const order_id = newOrderId();
  const answers = await Promise.all([0, 1, 2].map(() => shop.post(aCheckout({ order_id }))));
  expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([200, 200, 202]);
  await shop.until(order_id, ['confirmed']);
  const { rows } = await sql<{ lines: number }>`
    select count(*)::int as lines from order_lines where order_id = ${order_id}`.execute(stack.database.kysely);
  expect(rows).toEqual([{ lines: 1 }]);
});

test('on PostgreSQL 15 products are made, found whatever the case of their names, deleted, and made again with their stock', async () => {
  const products = createProductStore(stack.database);
  const product = { sku: 'old-1', name: 'Überzug', currency: 'EUR', unitPriceMinor: 100, active: true, onHand: 5 };
  expect(await products.create(product)).toMatchObject({ kind: 'created' });
  const found = await shop.call('/v1/products?name_prefix=%C3%BCBER');
  expect(found.body).toMatchObject({ data: [{ sku: 'old-1' }] });
  await sql`update products set deleted_at = now(), active = false where sku = 'old-1'`.execute(stack.database.kysely);
  expect(await products.create({ ...product, onHand: 8 })).toMatchObject({ kind: 'created' });
  const moves = await stack.database.pool.query<{ on_hand_delta: number }>(
    `select on_hand_delta from stock_movements where sku = 'old-1' order by id`,
  );
  expect(moves.rows.map(({ on_hand_delta }) => on_hand_delta)).toEqual([5, 3]);
});

test('on PostgreSQL 15 a later id sorts after an earlier one, and is a UUID of version 7', async () => {
  const { rows } = await stack.database.pool.query<{ id: string }>(
    'select uuidv7()::text as id from generate_series(1, 3), pg_sleep(0.003)',
  );
  const later = await stack.database.pool.query<{ id: string }>('select uuidv7()::text as id');
  const ids = [...rows, ...later.rows].map(({ id }) => id);
  for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  expect(ids.at(-1)?.localeCompare(ids[0] ?? '')).toBe(1);
  const at = Number.parseInt((ids[0] ?? '').replaceAll('-', '').slice(0, 12), 16);
  expect(Math.abs(at - Date.now())).toBeLessThan(60_000);
});
