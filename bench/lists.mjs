// What a page of orders and the statistics cost, with the indexes and counts that Holdfast keeps and without them. See
// docs/performance.md.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { sql } from 'kysely';
import { listQuery } from '../dist/adapters/postgres/orders/order-lists.js';
import { createStatsReader } from '../dist/adapters/postgres/stats-reader.js';
import { freePort } from '../dist/embedded/tcp-ports.js';
import { startPostgres } from '../dist/embedded/postgres.js';
import { createLifetime, runToEnd } from './lifetime.mjs';
import { casesOf, plainKeys, plainWhere } from './lists/cases.mjs';
import { fill, openScratch } from './lists/database.mjs';
import { explain } from './lists/plans.mjs';

const LONGEST_MS = 900_000;
const LIMIT = 50;
const WITHOUT = `drop index orders_by_lane; drop index orders_by_customer; drop index orders_by_reason;
  drop index orders_by_customer_reason; create index orders_by_customer on orders (customer_id, created_at, order_id)`;

const { values } = parseArgs({ options: { orders: { type: 'string', default: '100000' } } });
const orders = Number(values.orders);
if (!Number.isInteger(orders) || orders < 1_000 || orders > 5_000_000) {
  console.error('usage: npm run bench:lists -- [--orders 100000]   (1,000 to 5,000,000)');
  process.exit(2);
}

const lifetime = createLifetime();
const directory = await mkdtemp(join(tmpdir(), 'holdfast-lists-'));
await runToEnd(lifetime, directory, measure, LONGEST_MS);

async function measure() {
  const postgres = await lifetime.start('PostgreSQL', async () =>
    startPostgres({ directory: join(directory, 'postgres'), port: await freePort(), report: () => {} }),
  );
  const database = await openScratch(postgres, 'lists', 2);
  await lifetime.start('connections', async () => ({ stop: () => database.close() }));
  await fill(database, orders);
  const { rows: sizes } = await database.pool.query(
    `select indexrelname as name, pg_size_pretty(pg_relation_size(indexrelid)) as size
     from pg_stat_user_indexes where relname = 'orders' order by 1`,
  );
  console.log(`${orders} orders. Indexes: ${sizes.map(({ name, size }) => `${name} ${size}`).join(', ')}\n`);

  const pages = [];
  for (const { name, filter } of casesOf(orders)) {
    for (const [page, after] of await placesOf(database, filter)) pages.push({ name, filter, page, after });
  }
  const withThem = [];
  for (const { filter, after } of pages) {
    withThem.push(await explain(database, listQuery(database, filter, LIMIT + 1, after).compile()));
  }
  const stats = await statsCost(database);
  await database.pool.query(WITHOUT);
  await database.pool.query('vacuum (analyze) orders');

  console.log('| filter | page | before: ms | buffers | found by | after: ms | buffers | found by |');
  console.log('|---|---|--:|--:|---|--:|--:|---|');
  for (const [i, { name, filter, page, after }] of pages.entries()) {
    const plain = listQuery(database, filter, LIMIT + 1, after, plainKeys(filter, LIMIT + 1, after)).compile();
    const before = await explain(database, plain);
    const now = withThem[i];
    if (before.rows !== now.rows) throw new Error(`${name}, ${page}: ${now.rows} rows and not ${before.rows}`);
    console.log(`| ${name} | ${page} | ${cells(before)} | ${cells(now)} |`);
  }
  const counting = await explain(database, {
    sql: 'select status, count(*), avg(settled_at - created_at) from orders group by status',
    parameters: [],
  });
  console.log(`| statistics | | ${cells({ ...counting, access: 'counting all' })} | ${stats} | | counts |`);
}

/** The first page, the one in the middle, and the one that the list ends with. */
async function placesOf({ kysely }, filter) {
  const { rows } = await sql`select count(*) as n from orders where ${plainWhere(filter)}`.execute(kysely);
  const count = rows[0].n;
  const places = [['first', undefined]];
  for (const [page, skipped] of [
    ['middle', Math.floor(count / 2)],
    ['last', count - LIMIT],
  ]) {
    if (skipped < 1 || count <= LIMIT) continue;
    const found = await sql`
      select order_id as "orderId", to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "createdAt"
      from orders where ${plainWhere(filter)}
      order by created_at desc, order_id desc offset ${skipped - 1} limit 1`.execute(kysely);
    places.push([page, found.rows[0]]);
  }
  return places;
}

/** The statistics are read by the shipped reader, from outside: the quickest of a few times. */
async function statsCost(database) {
  const { read } = createStatsReader(database);
  let best = Infinity;
  for (let i = 0; i < 10; i += 1) {
    const started = performance.now();
    await read();
    best = Math.min(best, performance.now() - started);
  }
  return best.toFixed(2);
}

function cells({ ms, buffers, access }) {
  return `${ms.toFixed(2)} | ${buffers} | ${access}`;
}
