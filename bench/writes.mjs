// What lists and counts cost the write path: the three statements of a confirmed order, against PostgreSQL alone, with what
// Holdfast keeps for them, without, and with an index on the status instead. See docs/performance.md.
import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { createChargeStore } from '../dist/adapters/postgres/money/charge-store.js';
import { createReservationStore } from '../dist/adapters/postgres/orders/reservation-store.js';
import { freePort } from '../dist/embedded/tcp-ports.js';
import { startPostgres } from '../dist/embedded/postgres.js';
import { cpuMs } from './processes.mjs';
import { checkoutOf, PRODUCTS, totalOf } from './goods.mjs';
import { createLifetime, runToEnd } from './lifetime.mjs';
import { openScratch } from './lists/database.mjs';

const LONGEST_MS = 900_000;
const CLIENTS = 16;
const ROUNDS = 40;
const WARM_UP = 1_000;

const NO_COUNTS = 'drop trigger orders_counted on orders; drop trigger orders_recounted on orders;';
const NO_INDEXES = `drop index orders_by_lane; drop index orders_by_customer; drop index orders_by_reason;
  drop index orders_by_customer_reason; alter table orders drop column lane, drop column failure_reason;`;
const VARIANTS = [
  ['without', `${NO_COUNTS} ${NO_INDEXES} create index on orders (customer_id, created_at, order_id)`],
  ['as shipped', ''],
  ['indexes, no counts', NO_COUNTS],
  [
    'status in the indexes',
    `${NO_INDEXES} create index on orders (status, created_at, order_id);
     create index on orders (customer_id, status, created_at, order_id)`,
  ],
];

const { values } = parseArgs({ options: { orders: { type: 'string', default: '20000' } } });
const perRound = Math.ceil(Number(values.orders) / ROUNDS);
if (!(perRound >= 10 && perRound <= 10_000)) {
  console.error('usage: npm run bench:writes -- [--orders 20000]   (of each variant, 400 to 400,000)');
  process.exit(2);
}

const lifetime = createLifetime();
const directory = await mkdtemp(join(tmpdir(), 'holdfast-writes-'));
let placed = 0;
await runToEnd(lifetime, directory, measure, LONGEST_MS);

async function measure() {
  const postgres = await lifetime.start('PostgreSQL', async () =>
    startPostgres({ directory: join(directory, 'postgres'), port: await freePort(), report: () => {} }),
  );
  const sides = [];
  for (const [i, [name, change]] of VARIANTS.entries()) {
    const database = await openScratch(postgres, `writes_${i}`, CLIENTS);
    await lifetime.start(name, async () => ({ stop: () => database.close() }));
    if (change !== '') await database.pool.query(change);
    await round(postgres, database, WARM_UP);
    sides.push({ name, database, figures: [] });
  }
  // The sides take turns, forwards and backwards: what disturbs the machine for a while disturbs all.
  for (let i = 0; i < ROUNDS; i += 1) {
    for (const { database, figures } of i % 2 === 0 ? sides : sides.toReversed()) {
      figures.push(await round(postgres, database, perRound));
    }
  }
  console.log(
    `${perRound * ROUNDS} orders of each, ${CLIENTS} at a time, in ${ROUNDS} rounds; medians of the rounds\n`,
  );
  console.log(
    '| | orders/s | to without | CPU ms/order | to without | WAL bytes/order | to without | heap-only updates |',
  );
  console.log('|---|--:|--:|--:|--:|--:|--:|--:|');
  for (const { name, database, figures } of sides) {
    const ratio = (key) => median(figures.map((figure, i) => figure[key] / sides[0].figures[i][key])).toFixed(2);
    const value = (key) => median(figures.map((figure) => figure[key]));
    const { rows } = await database.pool.query(
      `select round(100.0 * n_tup_hot_upd / n_tup_upd) as hot from pg_stat_user_tables where relname = 'orders'`,
    );
    const cells = [
      [value('rate').toFixed(0), ratio('rate')],
      [value('cpu').toFixed(2), ratio('cpu')],
      [value('wal').toFixed(0), ratio('wal')],
    ];
    console.log(`| ${name} | ${cells.flat().join(' | ')} | ${rows[0].hot} % |`);
  }
}

async function round(postgres, database, orders) {
  const reservations = createReservationStore(database);
  const charges = createChargeStore(database);
  const position = async () => (await database.pool.query('select pg_current_wal_insert_lsn() as at')).rows[0].at;
  const [before, cpu, started] = [await position(), cpuMs(postgres.pid), performance.now()];
  let left = orders;
  const client = async () => {
    while ((left -= 1) >= 0) await confirm(reservations, charges, (placed += 1));
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const seconds = (performance.now() - started) / 1_000;
  const used = cpuMs(postgres.pid) - cpu;
  const { rows } = await database.pool.query('select pg_wal_lsn_diff($1, $2)::float8 as bytes', [
    await position(),
    before,
  ]);
  return { rate: orders / seconds, cpu: used / orders, wal: rows[0].bytes / orders };
}

async function confirm(reservations, charges, n) {
  const checkout = checkoutOf(`order-${n}`, n);
  const amountMinor = totalOf(checkout);
  const order = {
    orderId: checkout.order_id,
    customerId: checkout.customer_id,
    currency: 'EUR',
    lines: checkout.items.map((item) => ({ ...item, ...productOf(item) })).sort((a, b) => (a.sku < b.sku ? -1 : 1)),
    totalMinor: amountMinor,
    paymentMethod: 'pm_ok',
    metadata: {},
    fingerprint: 'f'.repeat(64),
    requestId: 'request',
    acceptedAt: new Date().toISOString(),
  };
  const run = { orderId: order.orderId, owner: 'run-1' };
  await reservations.reserve(order, run.owner, 900_000);
  const { attempt } = await charges.claim(run, 5_000, 900_000);
  const captured = { kind: 'captured', reference: `ch_${n}`, amountMinor, currency: 'EUR' };
  const outcome = await charges.captured(run, attempt, captured, { latencyMs: 3 });
  if (outcome.kind !== 'confirmed') throw new Error(`order ${order.orderId} is ${outcome.kind}`);
}

function productOf({ sku }) {
  const { name, unitPriceMinor } = PRODUCTS.find((product) => product.sku === sku);
  return { name, unitPriceMinor };
}

function median(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
