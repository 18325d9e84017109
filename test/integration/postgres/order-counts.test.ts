import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createAuditStore } from '../../../src/adapters/postgres/audit/audit-store.js';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { createOrderCountStore, type OrderCountStore } from '../../../src/adapters/postgres/orders/order-counts.js';
import { moveOrder } from '../../../src/adapters/postgres/orders/move-order.js';
import { placeOrder } from '../../../src/adapters/postgres/orders/order-row.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import { createStatsReader } from '../../../src/adapters/postgres/stats-reader.js';
import { auditLimits } from '../../../src/activities/audit/audit-ports.js';
import type { OrderStatus } from '../../../src/domain/order.js';
import { DEFAULT_POLICY } from '../../../src/domain/policy.js';
import { anAcceptedOrder, OWNER } from '../../support/order-rows.js';
import { AS_USUAL, REWRITING } from '../../support/rewriting.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let counts: OrderCountStore;
beforeAll(async () => {
  stack = await startStack();
  counts = createOrderCountStore(stack.database);
});
afterAll(async () => stack?.close());
afterEach(async () => {
  await stack.database.pool.query('truncate orders cascade');
});

const stats = () => createStatsReader(stack.database).read();
const run = (text: string, values: unknown[] = []) => stack.database.pool.query(text, values);
const place = async (ageMs = 0): Promise<string> => {
  const order = anAcceptedOrder({ acceptedAt: new Date(Date.now() - ageMs).toISOString() });
  await placeOrder(stack.database, order, OWNER);
  return order.orderId;
};
const failure = JSON.stringify({ step: 'charge', reason: 'payment_declined', detail: 'declined' });
const move = (orderId: string, ...path: OrderStatus[]) =>
  stack.database.kysely.transaction().execute(async (tx) => {
    for (const to of path) {
      const set = to === 'failed' ? { failure } : {};
      if (!(await moveOrder(tx, orderId, { to, event: `test.${to}`, set }))) throw new Error(`not to ${to}`);
    }
  });
/** What the audit finds wrong with the counts. */
const wrong = async () =>
  (await createAuditStore(stack.database).inspect('counts-are-the-orders', auditLimits(DEFAULT_POLICY))).findings;

describe('the counts of orders', () => {
  test('are all 0 without orders', async () => {
    const { settledOrders, averageSettlingSeconds, statusCounts } = await stats();
    expect({ settledOrders, averageSettlingSeconds }).toEqual({ settledOrders: 0, averageSettlingSeconds: null });
    expect(Object.keys(statusCounts)).toHaveLength(10);
    expect(new Set(Object.values(statusCounts))).toEqual(new Set([0]));
  });

  test('are exact at every moment, folded or not', async () => {
    const [a, b] = [await place(), await place(), await place()];
    await move(a ?? '', 'reserved', 'confirmed');
    await counts.fold();
    await move(b ?? '', 'reserved');
    expect((await stats()).statusCounts).toMatchObject({ pending: 1, reserved: 1, confirmed: 1, failed: 0 });
    await counts.fold();
    await move(b ?? '', 'compensating', 'failed');
    expect((await stats()).statusCounts).toMatchObject({ pending: 1, reserved: 0, compensating: 0, failed: 1 });
    expect(await wrong()).toEqual([]);
  });

  test('average the time from acceptance to the first answer, whatever comes after it', async () => {
    const cancelled = await place(10_000);
    await move(cancelled, 'reserved', 'confirmed');
    const redriven = await place(20_000);
    await move(redriven, 'failed');
    const before = await stats();
    expect(before.settledOrders).toBe(2);
    expect(before.averageSettlingSeconds).toBeGreaterThanOrEqual(15);
    expect(before.averageSettlingSeconds).toBeLessThan(17);

    await run(`update orders set created_at = created_at`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await move(cancelled, 'cancelling', 'cancelled');
    await move(redriven, 'pending', 'reserved', 'confirmed');
    await counts.fold();
    const after = await stats();
    expect(after).toMatchObject({ settledOrders: 2, averageSettlingSeconds: before.averageSettlingSeconds });
    expect(after.statusCounts).toMatchObject({ cancelled: 1, confirmed: 1, failed: 0 });
    expect(await wrong()).toEqual([]);
  });

  test('follow the real steps of an order', async () => {
    const order = anAcceptedOrder({ acceptedAt: new Date(Date.now() - 5_000).toISOString() });
    const own = { orderId: order.orderId, owner: OWNER };
    await createReservationStore(stack.database).reserveInventory({ order, owner: OWNER, ttlMs: 60_000 });
    expect((await stats()).statusCounts['reserved']).toBe(1);
    const charges = createChargeStore(stack.database);
    const claim = await charges.claim(own, 5_000, 60_000);
    if (claim.kind !== 'send') throw new Error(claim.kind);
    const money = { reference: 'ch_1', amountMinor: order.totalMinor, currency: 'EUR' };
    await charges.captured(own, claim.attempt, { kind: 'captured', ...money }, { latencyMs: 1 });
    const { statusCounts, settledOrders, averageSettlingSeconds } = await stats();
    expect({ statusCounts, settledOrders }).toMatchObject({
      statusCounts: { reserved: 0, confirmed: 1 },
      settledOrders: 1,
    });
    expect(averageSettlingSeconds).toBeGreaterThanOrEqual(5);
  });

  test('count a settlement that a clock places before its acceptance as taking no time', async () => {
    const order = await place(-60_000);
    await move(order, 'failed');
    expect(await stats()).toMatchObject({ settledOrders: 1, averageSettlingSeconds: 0 });
  });

  test('forget what is deleted, settled or not', async () => {
    const [a] = [await place(1_000), await place()];
    await move(a ?? '', 'reserved', 'confirmed');
    await counts.fold();
    await run(`${REWRITING} delete from order_events; delete from order_lines; ${AS_USUAL} delete from orders`);
    expect(await stats()).toMatchObject({ settledOrders: 0, averageSettlingSeconds: null });
    expect(await wrong()).toEqual([]);
  });

  test('stay exact while many change and several processes fold', async () => {
    const over = new AbortController();
    const folding = [1, 2, 3].map(async () => {
      while (!over.signal.aborted) await counts.fold();
    });
    const seen: number[] = [];
    const watching = (async () => {
      while (!over.signal.aborted) {
        const { statusCounts } = await stats();
        seen.push(Object.values(statusCounts).reduce((sum, n) => sum + n, 0));
      }
    })();
    await Promise.all(
      Array.from({ length: 60 }, async () => {
        const id = await place();
        await move(id, 'reserved');
        await move(id, 'confirmed');
      }),
    );
    over.abort();
    await Promise.all([...folding, watching]);
    // Orders only came: a count that lost or doubled one for a moment would have stepped back or gone too far.
    expect(seen).toEqual([...seen].sort((x, y) => x - y));
    expect(Math.max(...seen)).toBeLessThanOrEqual(60);
    expect((await stats()).statusCounts).toMatchObject({ pending: 0, reserved: 0, confirmed: 60 });
    expect(await wrong()).toEqual([]);
  });

  test('are fixed by a recount, even while orders change', async () => {
    await Promise.all(Array.from({ length: 5 }, () => place()));
    await run(`insert into order_counts values ('failed', 7, 7, 700), ('pending', -2, 0, 0)`);
    expect(await wrong()).toHaveLength(3);
    const changing = Promise.all(
      Array.from({ length: 40 }, async () => {
        const id = await place();
        await move(id, 'reserved', 'confirmed');
      }),
    );
    for (let i = 0; i < 5; i += 1) await Promise.all([counts.recount(), counts.fold()]);
    await changing;
    expect((await stats()).statusCounts).toMatchObject({ pending: 5, confirmed: 40, failed: 0 });
    expect(await wrong()).toEqual([]);
  });

  test('do not make two orders wait for each other', async () => {
    const [a, b] = [await place(), await place()];
    await stack.database.kysely.transaction().execute(async (tx) => {
      await moveOrder(tx, a ?? '', { to: 'reserved', event: 'test' });
      // On another connection, while the first has not ended.
      await move(b ?? '', 'reserved');
    });
    expect((await stats()).statusCounts['reserved']).toBe(2);
  });
});

test('the depths are counted, with those that further parts add', async () => {
  await run(`insert into dead_letters (order_id, kind, step, error_class, last_error)
             values ('a', 'charge', 'charge', 'x', 'x'), ('b', 'charge', 'charge', 'x', 'x')`);
  await run(`update dead_letters set state = 'resolved' where order_id = 'b'`);
  await run(`insert into gateway_events (gateway, event_id, type) values ('g', 'e', 't')`);
  const { depths } = await createStatsReader(stack.database, { outbox_backlog: async () => 4 }).read();
  expect(depths).toEqual({
    orders_in_review: 0,
    open_dead_letters: 1,
    unprocessed_gateway_events: 1,
    outbox_backlog: 4,
  });
});
