import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createOrderCountStore } from '../../../src/adapters/postgres/orders/order-counts.js';
import { createOrderListReader, listQuery } from '../../../src/adapters/postgres/orders/order-lists.js';
import { createOrderReader } from '../../../src/adapters/postgres/orders/order-reader.js';
import { createVelocityCheck } from '../../../src/adapters/fraud/velocity.js';
import type { OrderFilter, OrderPlace } from '../../../src/domain/order-filter.js';
import { ORDER_STATUSES } from '../../../src/domain/order.js';
import { createOrderRows } from '../../support/order-rows.js';
import { accessesOf, blocksOf, planOf } from '../../support/query-plans.js';
import { startStack, type Stack } from '../../support/stack.js';

const ORDERS = 20_000;
const PAGE = 50;
const FILL = new URL('../../../bench/lists/fill.sql', import.meta.url);
const HOUR = 3_600_000;

const ago = (hours: number) => new Date(Date.now() - hours * HOUR).toISOString();
const range = { createdAfter: ago(120), createdBefore: ago(60) };
const large = { customerId: 'customer-large' };

/** Each filter by itself, and together, the rare with the rare. */
const FILTERS: [string, OrderFilter][] = [
  ['nothing', {}],
  ...ORDER_STATUSES.map((status): [string, OrderFilter] => [`status ${status}`, { statuses: [status] }]),
  ['two statuses of one lane', { statuses: ['reserved', 'confirmed'] }],
  ['several statuses', { statuses: ['reserved', 'failed', 'in_review', 'completed'] }],
  ['a large customer', large],
  ['a small customer', { customerId: 'customer-77' }],
  ['a range', range],
  ['a common reason', { failureReasons: ['payment_declined'] }],
  ['two reasons', { failureReasons: ['expired', 'out_of_stock'] }],
  ['a reason and failed', { failureReasons: ['payment_declined'], statuses: ['failed'] }],
  ['a reason and compensating', { failureReasons: ['payment_declined', 'out_of_stock'], statuses: ['compensating'] }],
  ['a reason and a status that has none', { failureReasons: ['expired'], statuses: ['confirmed'] }],
  ['customer and status', { ...large, statuses: ['cancelled'] }],
  ['customer and reserved', { ...large, statuses: ['reserved'] }],
  ['customer and reason', { ...large, failureReasons: ['fraud_rejected'] }],
  ['customer and range', { ...large, ...range }],
  ['reserved and range', { ...range, statuses: ['reserved'] }],
  ['all at once', { ...large, ...range, statuses: ['failed'], failureReasons: ['out_of_stock'] }],
];

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
  await stack.seed(
    ...Array.from({ length: 50 }, (_, i) => ({
      sku: `bench-${String(i).padStart(2, '0')}`,
      name: 'Product',
      currency: 'EUR',
      unitPriceMinor: 150,
      onHand: 0,
    })),
  );
  await stack.database.pool.query(
    `begin; set local statement_timeout = '120s'; set local holdfast.orders = ${ORDERS}; set local holdfast.only_settled = false; ${await readFile(FILL, 'utf8')}; commit`,
  );
  await stack.database.pool.query('vacuum (analyze)');
}, 180_000);
afterAll(async () => stack?.close());

async function walk(filter: OrderFilter, onPage: () => Promise<void> = async () => {}): Promise<string[]> {
  const lists = createOrderListReader(stack.database);
  const ids: string[] = [];
  let after: OrderPlace | undefined;
  for (;;) {
    const orders = await lists.list(filter, 500, after);
    ids.push(...orders.map(({ record }) => record.order.orderId));
    after = orders.at(-1)?.place;
    if (after === undefined || orders.length < 500) return ids;
    await onPage();
  }
}

/** The same by a statement of another sort. */
async function allOf({ statuses, customerId, createdAfter, createdBefore, failureReasons }: OrderFilter) {
  const { rows } = await stack.database.pool.query<{ order_id: string }>(
    `select order_id from orders
     where ($1::text[] is null or status = any($1)) and ($2::text is null or customer_id = $2)
       and ($3::timestamptz is null or created_at >= $3) and ($4::timestamptz is null or created_at < $4)
       and ($5::text[] is null or failure ->> 'reason' = any($5))
     order by created_at desc, order_id desc`,
    [statuses ?? null, customerId ?? null, createdAfter ?? null, createdBefore ?? null, failureReasons ?? null],
  );
  return rows.map(({ order_id }) => order_id);
}

describe('a list of orders', () => {
  test.each(FILTERS)('by %s holds exactly those, newest first, over all pages', async (_name, filter) => {
    const expected = await allOf(filter);
    expect(await walk(filter)).toEqual(expected);
  });

  test.each(FILTERS)('by %s reads ranges of indexes, at most a page of each', async (_name, filter) => {
    const all = await allOf(filter);
    const middle = all[Math.floor(all.length / 2)];
    const place = middle === undefined ? undefined : await placeOf(middle);
    for (const after of [undefined, place]) {
      const plan = await planOf(stack.database, listQuery(stack.database, filter, PAGE + 1, after).compile());
      const { relations, sortedRows, removedRows } = accessesOf(plan);
      expect(relations.filter(({ name, node }) => name === 'orders' && node === 'Seq Scan')).toEqual([]);
      // Ten statuses or seven reasons, a page of each.
      expect(sortedRows).toBeLessThanOrEqual(10 * (PAGE + 1));
      // Those that are not confirmed yet, or hold stock for another reason.
      expect(removedRows).toBeLessThanOrEqual(100);
    }
  });

  test('begins each page of a wide range where the one before ended', async () => {
    const wide = { createdAfter: ago(165), createdBefore: ago(1) };
    const last = (await allOf(wide)).at(-2) ?? '';
    const plan = await planOf(stack.database, listQuery(stack.database, wide, PAGE + 1, await placeOf(last)).compile());
    const scans = accessesOf(plan).relations.filter(
      ({ name, node }) => name === 'orders' && node === 'Index Only Scan',
    );
    expect(scans.length).toBeGreaterThan(0);
    // The range has hundreds of pages of the index, and nine lanes a path of three or four each.
    expect(scans.reduce((sum, { blocks }) => sum + blocks, 0)).toBeLessThan(60);
  });

  test('shows each order as the single order is shown', async () => {
    const filters: OrderFilter[] = [{ statuses: ['failed'] }, { statuses: ['cancelled'] }];
    const reader = createOrderReader(stack.database);
    for (const filter of filters) {
      const orders = await createOrderListReader(stack.database).list(filter, 5);
      expect(orders).toHaveLength(5);
      for (const { record } of orders) expect(record).toEqual(await reader.find(record.order.orderId));
    }
  });

  test('joins lines, payments and refunds to the orders of the page only, in one statement', async () => {
    const plan = await planOf(stack.database, listQuery(stack.database, {}, PAGE + 1).compile());
    const { relations } = accessesOf(plan);
    for (const name of ['order_lines', 'payment_attempts', 'refunds']) {
      const loops = relations.filter((relation) => relation.name === name).map((relation) => relation.loops);
      expect(Math.max(...loops)).toBeLessThanOrEqual(PAGE + 1);
    }
  });

  test('shows every order that was there exactly once while others come and all change', async () => {
    const there = await allOf({});
    const rows = createOrderRows(stack.database);
    let at = 0;
    const added: string[] = [];
    const ids = await walk({}, async () => {
      added.push(await rows.insert('pending'));
      const changed = there.slice(at, at + 2_000);
      await stack.database.pool.query(
        `update orders set status = case when status = 'completed' then 'confirmed' else 'completed' end where order_id = any($1)`,
        [changed],
      );
      at += 400;
    });
    expect(added.length).toBeGreaterThan(10);
    expect(ids.filter((id) => !added.includes(id))).toEqual(there);
    expect(new Set(ids).size).toBe(ids.length);
    await stack.database.pool.query('vacuum (analyze) orders');
  });

  test('continues from a position whose order no longer meets the filter', async () => {
    const lists = createOrderListReader(stack.database);
    const first = await lists.list({ statuses: ['failed'] }, 10);
    const last = first.at(-1);
    if (last === undefined) throw new Error('no failed orders');
    await createOrderRows(stack.database).setStatus(last.record.order.orderId, 'completed');
    const next = await lists.list({ statuses: ['failed'] }, 1, last.place);
    const expected = await allOf({ statuses: ['failed'] });
    expect(next[0]?.record.order.orderId).toBe(expected[9]);
  });
});

describe('the write path', () => {
  test('updates no index when a reserved order is confirmed', async () => {
    const rows = createOrderRows(stack.database);
    const id = await rows.insert('reserved');
    const client = await stack.database.pool.connect();
    try {
      await client.query('begin');
      const hot = `select pg_stat_get_xact_tuples_hot_updated('orders'::regclass)::int as hot`;
      const before = await client.query<{ hot: number }>(hot);
      await client.query(`update orders set status = 'confirmed', settled_at = now() where order_id = $1`, [id]);
      const after = await client.query<{ hot: number }>(hot);
      expect((after.rows[0]?.hot ?? 0) - (before.rows[0]?.hot ?? 0)).toBe(1);
    } finally {
      await client.query('rollback');
      client.release();
    }
  });

  test('leaves the velocity check of a large customer a few pages of an index to read', async () => {
    const [newest] = await createOrderListReader(stack.database).list(large, 1);
    if (newest === undefined) throw new Error('no orders');
    const plan = await planOf(stack.database, {
      sql: `select count(*) from (
              select from orders where customer_id = $1
                and created_at > $3::timestamptz - $4::float8 * interval '1 ms'
                and created_at < $3::timestamptz + $4::float8 * interval '1 ms'
                and placed_no < (select placed_no from orders where order_id = $2)
              limit $5) as found`,
      parameters: [large.customerId, newest.record.order.orderId, ago(50), HOUR, 5],
    });
    expect(accessesOf(plan).relations.map(({ node }) => node)).not.toContain('Seq Scan');
    expect(blocksOf(plan)).toBeLessThan(100);
    const check = createVelocityCheck(stack.database);
    expect(await check.check(newest.record.order, { orders: 5, windowMs: HOUR })).toMatchObject({ verdict: 'review' });
  });
});

test('folding the changes of all these orders leaves their counts as they were', async () => {
  const totals = async () => (await stack.database.pool.query('select * from order_totals order by status')).rows;
  const before = await totals();
  const { fold } = createOrderCountStore(stack.database);
  while (await fold());
  expect(await totals()).toEqual(before);
  expect((await stack.database.pool.query('select from order_count_changes')).rowCount).toBe(0);
});

async function placeOf(orderId: string): Promise<OrderPlace> {
  const { rows } = await stack.database.pool.query<{ at: string }>(
    `select to_char(created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at from orders where order_id = $1`,
    [orderId],
  );
  return { createdAt: rows[0]?.at ?? '', orderId };
}
