import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createScreeningActivities, type ScreeningStore, type Verdict } from '../../../src/activities/screening.js';
import { createAmountCeiling } from '../../../src/adapters/fraud/amount-ceiling.js';
import { createVelocityCheck } from '../../../src/adapters/fraud/velocity.js';
import { placeOrder } from '../../../src/adapters/postgres/orders/order-row.js';
import { openDatabase } from '../../../src/adapters/postgres/pool.js';
import { createScreeningStore } from '../../../src/adapters/postgres/orders/screening-store.js';
import type { AcceptedOrder } from '../../../src/domain/order.js';
import { anAcceptedOrder, createOrderRows, OWNER, type OrderRows } from '../../support/order-rows.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let rows: OrderRows;
let screenings: ScreeningStore;
beforeAll(async () => {
  stack = await startStack();
  rows = createOrderRows(stack.database);
  screenings = createScreeningStore(stack.database);
});
afterAll(async () => stack?.close());

const HOUR = 3_600_000;
const ALLOW: Verdict = { verdict: 'allow' };
const REVIEW: Verdict = { verdict: 'review', detail: 'unusual' };
const REJECT: Verdict = { verdict: 'reject', detail: 'too much' };
const screen = (order: AcceptedOrder, verdict: Verdict, owner = OWNER) =>
  screenings.screened(order, owner, verdict, HOUR);
const runOf = ({ orderId }: AcceptedOrder) => ({ orderId, owner: OWNER });

async function inReview(): Promise<AcceptedOrder> {
  const order = anAcceptedOrder();
  await screen(order, REVIEW);
  return order;
}

describe('a verdict', () => {
  test.each([
    [ALLOW, { kind: 'allow' }],
    [REJECT, { kind: 'reject', detail: 'too much' }],
  ])('is stored with the order, %j', async (verdict, outcome) => {
    const order = anAcceptedOrder();
    expect(await screen(order, verdict)).toEqual(outcome);
    expect(await screen(order, REVIEW)).toEqual(outcome);
    expect(await rows.order(order.orderId)).toMatchObject({ status: 'pending', screening: verdict, review_by: null });
    expect(await rows.events(order.orderId)).toEqual(['order.created']);
  });

  test('review holds the order until a deadline', async () => {
    const order = await inReview();
    const row = await rows.order(order.orderId);
    expect(row).toMatchObject({ status: 'in_review', version: 2, screening: REVIEW });
    expect(Number(row.review_by) - Date.now()).toBeGreaterThan(HOUR - 60_000);
    expect(Number(row.review_by) - Date.now()).toBeLessThanOrEqual(HOUR + 1_000);
    expect(await screen(order, ALLOW)).toEqual({ kind: 'review', detail: 'unusual' });
    expect(await rows.events(order.orderId)).toEqual(['order.created', 'order.in_review']);
  });

  test('is one even if twenty tries store different ones at once', async () => {
    const order = anAcceptedOrder();
    const verdicts = [ALLOW, REVIEW, REJECT];
    const tries = Array.from({ length: 21 }, (_, i) => screen(order, verdicts[i % 3] ?? ALLOW));
    const outcomes = new Set((await Promise.all(tries)).map(({ kind }) => kind));
    expect(outcomes.size).toBe(1);
  });

  test('of another run, or on an order that is being undone, changes nothing', async () => {
    const order = anAcceptedOrder();
    await placeOrder(stack.database, order, OWNER);
    expect(await screen(order, REJECT, 'run-2')).toEqual({ kind: 'superseded' });
    await rows.setStatus(order.orderId, 'cancelling');
    expect(await screen(order, ALLOW)).toMatchObject({ kind: 'undoing', ending: { status: 'cancelled' } });
    expect(await rows.order(order.orderId)).toMatchObject({ screening: null });
  });

  test('stays when the step runs again after the order has moved on', async () => {
    const allowed = anAcceptedOrder();
    await screen(allowed, ALLOW);
    await rows.setStatus(allowed.orderId, 'reserved');
    expect(await screen(allowed, REJECT)).toEqual({ kind: 'allow' });

    const approved = await inReview();
    await screenings.reviewOrder(runOf(approved), 'approve');
    expect(await screen(approved, REJECT)).toEqual({ kind: 'allow' });
    const rejected = await inReview();
    await screenings.reviewOrder(runOf(rejected), 'reject');
    expect(await screen(rejected, ALLOW)).toEqual({ kind: 'reject', detail: 'rejected in review' });
  });

  test('review of an order that failed before a decision is requested again when it is redriven', async () => {
    const order = await inReview();
    await rows.setStatus(order.orderId, 'pending');
    expect(await screen(order, ALLOW)).toEqual({ kind: 'review', detail: 'unusual' });
    expect(await rows.order(order.orderId)).toMatchObject({ status: 'in_review' });
  });
});

describe('a review', () => {
  test('R33: approve and reject at once: the first counts, the other gets a conflict, fifty times', async () => {
    for (let round = 0; round < 50; round++) {
      const order = await inReview();
      const [approve, reject] = await Promise.all([
        screenings.reviewOrder(runOf(order), 'approve'),
        screenings.reviewOrder(runOf(order), 'reject'),
      ]);
      const approved = approve.kind === 'decided';
      const decision = approved ? 'approve' : 'reject';
      expect(approved ? reject : approve).toEqual({ kind: 'opposite', decision });
      const { status, review } = await rows.order(order.orderId);
      expect([status, review?.decision]).toEqual([approved ? 'pending' : 'in_review', decision]);
    }
  });

  test.each([
    ['approve', 'reject', 'review.approved'],
    ['reject', 'approve', 'review.rejected'],
    ['expired', 'approve', 'review.expired'],
  ] as const)('R33: after %s the same again is decided, and %s is the opposite', async (decision, other, event) => {
    const order = await inReview();
    expect(await screenings.reviewOrder(runOf(order), decision)).toEqual({ kind: 'decided' });
    expect(await screenings.reviewOrder(runOf(order), decision)).toEqual({ kind: 'decided' });
    expect(await screenings.reviewOrder(runOf(order), other)).toEqual({ kind: 'opposite', decision });
    expect(await rows.events(order.orderId)).toEqual(['order.created', 'order.in_review', event]);
    expect(Date.parse((await rows.order(order.orderId)).review?.at ?? '')).toBeGreaterThan(Date.now() - 60_000);
  });

  test('of an order that is not in review, or of another run, is not taken', async () => {
    const order = anAcceptedOrder();
    await screen(order, ALLOW);
    expect(await screenings.reviewOrder(runOf(order), 'approve')).toEqual({ kind: 'not_in_review', status: 'pending' });
    const other = await inReview();
    const foreign = { orderId: other.orderId, owner: 'run-2' };
    expect(await screenings.reviewOrder(foreign, 'approve')).toEqual({ kind: 'not_in_review', status: 'in_review' });
  });
});

describe('the built-in checks', () => {
  test.each([
    [10_000, 'allow'],
    [10_001, 'review'],
    [50_000, 'review'],
    [50_001, 'reject'],
  ])('amount_ceiling: a total of %d is %s', async (totalMinor, verdict) => {
    const limits = { reviewAboveMinor: 10_000, rejectAboveMinor: 50_000 };
    expect(await createAmountCeiling().check(anAcceptedOrder({ totalMinor }), limits)).toMatchObject({ verdict });
  });

  test.each([{ reviewAboveMinor: 10_000 }, { rejectAboveMinor: 10_000 }])(
    'amount_ceiling: goes by the one limit that it is given, %j',
    async (limits) => {
      const check = createAmountCeiling();
      expect(await check.check(anAcceptedOrder({ totalMinor: 10_000 }), limits)).toEqual(ALLOW);
      expect(await check.check(anAcceptedOrder({ totalMinor: 10_001 }), limits)).not.toEqual(ALLOW);
    },
  );

  test.each([
    [{}, 'no limit to go by'],
    [{ reviewAbove: 1 }, 'has no limit "reviewAbove"'],
    [{ reviewAboveMinor: '10000' }, '"reviewAboveMinor" of the fraud check amount_ceiling must be a whole number'],
    [{ reviewAboveMinor: 0 }, 'above 0'],
  ])('amount_ceiling: cannot be asked with %j', async (limits, complaint) => {
    await expect(createAmountCeiling().check(anAcceptedOrder(), limits)).rejects.toThrow(complaint);
  });

  test.each([{}, { orders: 2 }, { windowMs: HOUR }, { orders: 0, windowMs: HOUR }, { orders: 1.5, windowMs: HOUR }])(
    'velocity: cannot be asked with %j',
    async (limits) => {
      const check = createVelocityCheck(stack.database);
      await expect(check.check(anAcceptedOrder(), limits)).rejects.toThrow(/velocity/);
    },
  );

  test('velocity: the order above the limit goes to review, those outside the window and of others do not count', async () => {
    const check = createVelocityCheck(stack.database);
    const limits = { orders: 2, windowMs: HOUR };
    const customerId = `customer_${randomUUID()}`;
    const now = Date.now();
    const place = async (agoMs: number) => {
      const order = anAcceptedOrder({ customerId, acceptedAt: new Date(now - agoMs).toISOString() });
      await screenings.place(order, OWNER);
      return order;
    };
    await place(2 * HOUR);
    await screenings.place(anAcceptedOrder(), OWNER);
    const first = await place(3_000);
    const second = await place(1_000);
    // Accepted before the second, and screened after it.
    const third = await place(2_000);
    expect(await check.check(third, limits)).toMatchObject({ verdict: 'review' });
    // A check that runs again later counts what it counted before.
    expect(await check.check(second, limits)).toEqual(ALLOW);
    expect(await check.check(first, limits)).toEqual(ALLOW);
  });

  test('velocity: of twenty orders of one customer at once exactly as many pass as allowed, no matter what runs again', async () => {
    // A connection for each: waiting for one would put them in order.
    const wide = openDatabase({
      url: stack.databaseUrl,
      size: 40,
      connectTimeoutMs: 10_000,
      statementTimeoutMs: 30_000,
      onError: () => {},
    });
    const { screenOrder } = createScreeningActivities({
      screenings: createScreeningStore(wide),
      fraudChecks: [createVelocityCheck(wide)],
    });
    const checks = [{ name: 'velocity', limits: { orders: 5, windowMs: HOUR } }];
    // Rows that take their time to appear: none may be counted past.
    await stack.database.pool.query(
      `create function dawdle() returns trigger language plpgsql as $$
         begin perform pg_sleep(random() * 0.02); return null; end $$;
       create trigger dawdle after insert on orders for each row execute function dawdle()`,
    );
    for (let round = 0; round < 5; round += 1) {
      const customerId = `customer_${randomUUID()}`;
      const now = Date.now();
      const orders = Array.from({ length: 20 }, (_, i) =>
        anAcceptedOrder({ customerId, acceptedAt: new Date(now - ((i * 7) % 20)).toISOString() }),
      );
      const screenAll = () =>
        Promise.all(
          orders.map(async (order) => {
            const outcome = await screenOrder({ order, owner: OWNER, checks, reviewDeadlineMs: HOUR });
            return `${order.orderId} ${outcome.kind}`;
          }),
        );
      // The second try of some comes while the first ones of others are under way.
      const [first, second] = await Promise.all([screenAll(), screenAll()]);
      expect(second).toEqual(first);
      expect(first.filter((outcome) => outcome.endsWith('allow'))).toHaveLength(5);
      expect(first.filter((outcome) => outcome.endsWith('review'))).toHaveLength(15);
    }
    await stack.database.pool.query('drop trigger dawdle on orders');
    await wide.close();
  });

  test('velocity reads an index', async () => {
    const plan = await stack.database.kysely.transaction().execute(async (tx) => {
      await sql`set local enable_seqscan = off`.execute(tx);
      const { rows: lines } = await sql<{ 'QUERY PLAN': string }>`
        explain select from orders where customer_id = 'c' and created_at > now() - interval '1 hour'`.execute(tx);
      return lines.map((line) => line['QUERY PLAN']).join(' ');
    });
    expect(plan).toContain('orders_by_customer');
  });
});
