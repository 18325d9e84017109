import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { createCatalog } from '../../../src/adapters/postgres/catalog/catalog.js';
import { openDatabase } from '../../../src/adapters/postgres/pool.js';
import { createProductStore } from '../../../src/adapters/postgres/catalog/product-store.js';
import { createStockStore } from '../../../src/adapters/postgres/catalog/stock-adjustments.js';
import { newOrderId } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());

const line = (sku: string, more: Record<string, unknown> = {}) => ({
  sku,
  name: 'Thing',
  currency: 'EUR',
  unitPriceMinor: 250,
  ...more,
});
const write = (lines: ReturnType<typeof line>[], raiseStock = false) =>
  createCatalog(stack.database).write(lines, { raiseStock, reason: 'import' });

/** Runs `work` in a transaction that is left open until it is told to end. */
async function holding(work: (client: PoolClient) => Promise<unknown>): Promise<() => Promise<void>> {
  const client = await stack.database.pool.connect();
  await client.query('begin');
  await work(client);
  return async () => {
    await client.query('commit');
    client.release();
  };
}

const isWaiting = async (): Promise<boolean> => {
  const text = `select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  return ((await stack.database.pool.query(text)).rowCount ?? 0) > 0;
};
async function untilSomebodyWaits(): Promise<void> {
  for (let tries = 0; !(await isWaiting()); tries += 1) {
    if (tries > 200) throw new Error('no one waits for a lock');
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

test('a deletion waits for a checkout that is reserving, and then sees what it holds', async () => {
  const sku = newOrderId();
  await write([line(sku, { onHand: 5 })]);
  const commit = await holding((client) => client.query('update stock set reserved = 2 where sku = $1', [sku]));
  const deletion = createProductStore(stack.database).delete(sku);
  await untilSomebodyWaits();
  await commit();
  expect(await deletion).toEqual({ kind: 'reserved', reserved: 2 });
  expect(await createProductStore(stack.database).find(sku)).toMatchObject({ active: true });
});

test('a line waits for a product that is being created, and then finds it', async () => {
  const sku = newOrderId();
  const commit = await holding((client) =>
    client.query(
      `with p as (insert into products (sku, name, currency, unit_price_minor) values ($1, 'Thing', 'USD', 250) returning sku)
       insert into stock (sku, on_hand) select sku, 0 from p`,
      [sku],
    ),
  );
  const written = write([line(sku)]);
  await untilSomebodyWaits();
  await commit();
  expect(await written).toEqual([{ kind: 'refused', sku, currency: 'USD' }]);
});

test('a line that omits "active" keeps a concurrent change to it', async () => {
  const sku = newOrderId();
  await write([line(sku)]);
  const commit = await holding((client) =>
    client.query('update products set active = false, version = version + 1 where sku = $1', [sku]),
  );
  const written = write([line(sku, { name: 'Renamed' })]);
  await untilSomebodyWaits();
  await commit();
  expect(await written).toMatchObject([{ kind: 'updated' }]);
  const product = await createProductStore(stack.database).find(sku);
  expect(product).toMatchObject({ name: 'Renamed', active: false, version: 3 });
});

test('two that write the same products in opposite order never wait for each other in a circle', async () => {
  const skus = Array.from({ length: 200 }, () => newOrderId());
  for (const price of [1, 2, 3, 4, 5]) {
    const lines = skus.map((sku) => line(sku, { unitPriceMinor: price, onHand: price }));
    const [one, other] = await Promise.all([write(lines, true), write(lines.toReversed(), true)]);
    expect([one.length, other.length]).toEqual([200, 200]);
  }
  const text = 'select deadlocks from pg_stat_database where datname = current_database()';
  expect((await stack.database.pool.query(text)).rows).toEqual([{ deadlocks: 0 }]);
  const { rows } = await stack.database.pool.query(
    'select min(s.on_hand)::int as least, max(s.on_hand)::int as most, count(*)::int from stock s where sku = any($1)',
    [skus],
  );
  expect(rows).toEqual([{ least: 5, most: 5, count: 200 }]);
});

test('seeds add, raise and never lower, revive what was deleted, and name what is sold in another currency', async () => {
  const [sku, other] = [newOrderId(), newOrderId()];
  const products = createProductStore(stack.database);
  await stack.seed({ ...line(sku), onHand: 5 });
  await stack.seed({ ...line(sku), onHand: 2 });
  expect(await products.find(sku)).toMatchObject({ onHand: 5 });
  await stack.seed({ ...line(sku), onHand: 7 });
  expect(await products.find(sku)).toMatchObject({ onHand: 7 });
  await products.delete(sku);
  await stack.seed({ ...line(sku, { currency: 'USD' }), onHand: 7 });
  expect(await products.find(sku)).toMatchObject({ onHand: 7, currency: 'USD', active: true });
  const seeding = stack.seed({ ...line(sku), onHand: 9 }, { ...line(other), onHand: 1 });
  await expect(seeding).rejects.toThrow(`A product keeps its currency: ${sku} (USD)`);
  expect(await products.find(other)).toMatchObject({ onHand: 1 });
});

const PAGES = [
  {},
  { active: true, afterSku: 'many-5' },
  { active: false },
  { currency: 'NOK' },
  { currency: 'NOK', active: false },
  { active: true, namePrefix: 'thing 4242' },
  { active: true, namePrefix: 'nothing' },
  { namePrefix: 'T' },
];

test('a page of 100,000 products reads few of them, whatever it is filtered by', async () => {
  const settings = { url: stack.databaseUrl, connectTimeoutMs: 5_000, statementTimeoutMs: 60_000, onError: () => {} };
  // What a connection has read is counted for good when it says so.
  const database = openDatabase({ ...settings, size: 1 });
  const rowsRead = async (): Promise<number> => {
    await database.pool.query('select pg_stat_force_next_flush()');
    const text = `select seq_tup_read + idx_tup_fetch as n from pg_stat_user_tables where relname = 'products'`;
    return (await database.pool.query<{ n: number }>(text)).rows[0]?.n ?? -1;
  };
  try {
    await database.pool.query(
      `insert into products (sku, name, currency, unit_price_minor, active)
       select 'many-' || n, 'Thing ' || n, case when n % 1000 = 0 then 'NOK' else 'EUR' end, n, n % 500 <> 0
       from generate_series(1, 100000) n`,
    );
    await database.pool.query('insert into stock (sku, on_hand) select sku, 0 from products on conflict do nothing');
    await database.pool.query('vacuum analyze products, stock');
    for (const filter of PAGES) {
      const before = await rowsRead();
      await createProductStore(database).list({ limit: 51, ...filter });
      const read = (await rowsRead()) - before;
      expect({ filter, read, isBounded: read < 1_000 }).toEqual({ filter, read, isBounded: true });
    }
    const before = await rowsRead();
    await database.pool.query('select count(*) from products where length(name) > 3');
    expect((await rowsRead()) - before).toBeGreaterThanOrEqual(100_000);
  } finally {
    await database.close();
  }
});

test('one key for two products is two adjustments, even if both texts read the same put together', async () => {
  const sku = newOrderId();
  await write([line(sku), line(`${sku}:a`)]);
  const { adjust } = createStockStore(stack.database);
  const adjustments = [
    { sku, delta: 1, reason: 'found', idempotencyKey: 'a:b' },
    { sku: `${sku}:a`, delta: 1, reason: 'found', idempotencyKey: 'b' },
  ];
  const made = async () => (await Promise.all(adjustments.map(adjust))).map(({ kind }) => kind);
  expect(await made()).toEqual(['adjusted', 'adjusted']);
  expect(await made()).toEqual(['replayed', 'replayed']);
});

test.each(['', ' a', 'a ', 'a\nb', 'a\u0085b', 'a'.repeat(65)])('the table takes no SKU %j', async (sku) => {
  await expect(write([line(sku)])).rejects.toMatchObject({ constraint: 'products_sku_check' });
});

test('a product that no URL can name is taken off sale when the schema is brought up to date', async () => {
  await write([line('..'), line('...')]);
  const text = await readFile(
    new URL('../../../src/adapters/postgres/migrations/0019_skus.sql', import.meta.url),
    'utf8',
  );
  await stack.database.pool.query(text);
  const find = async (sku: string) => createProductStore(stack.database).find(sku);
  expect([await find('..'), await find('...')]).toMatchObject([
    { active: false, version: 2 },
    { active: true, version: 1 },
  ]);
});
