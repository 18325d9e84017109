import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, stockTrouble, trailOf } from '../../support/end-state.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const STRICT = { ...QUICK, FRAUD_REVIEW_ABOVE_MINOR: '1' };

let stack: Stack;
let one: Shop;
let other: Shop;
beforeAll(async () => {
  stack = await startStack();
  const [first, second] = await Promise.all([
    stack.serve('api,worker', STRICT),
    stack.serve('api', { ...STRICT, REVIEW_DEADLINE_MS: '1000' }),
  ]);
  [one, other] = [createShop(first.url), createShop(second.url)];
});
afterAll(async () => stack?.close());

const decide = (shop: Shop, id: string, decision: string) => shop.ask(id, 'review', { decision });

test('R33: approve and reject at once, over two instances, twenty times: the first wins, the other is refused', async () => {
  const decideBoth = async (i: number) => {
    const checkout = aCheckout();
    const { order_id: id } = checkout;
    await one.post(checkout);
    await one.until(id, ['in_review']);
    const decisions = i % 2 === 0 ? ['approve', 'reject'] : ['reject', 'approve'];
    const answers = await Promise.all(decisions.map((decision, at) => decide(at === 0 ? one : other, id, decision)));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
    const winner = decisions[answers.findIndex(({ status }) => status === 200)];
    const order = await one.until(id, ['confirmed', 'failed']);
    const isApproved = winner === 'approve';
    expect(await endStateOf(stack, order)).toEqual({
      status: isApproved ? 'confirmed' : 'failed',
      reason: isApproved ? null : 'fraud_rejected',
      charges: isApproved ? [`${id}:charge:1`] : [],
      refunds: 0,
      kept: isApproved ? 1_999 : 0,
      reservations: isApproved ? ['committed'] : [],
    });
    const trail = await trailOf(stack, id);
    expect(trail.filter((type) => type.startsWith('review.'))).toHaveLength(1);
  };
  await Promise.all(Array.from({ length: 20 }, (_, i) => decideBoth(i)));
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R33: an approval that comes after the deadline is refused, and the order has failed as expired', async () => {
  const checkout = aCheckout();
  await other.post(checkout);
  const order = await other.until(checkout.order_id, ['failed']);
  expect(order.failure).toMatchObject({ step: 'screen', reason: 'expired' });
  const late = await decide(one, checkout.order_id, 'approve');
  expect([late.status, late.body.code]).toEqual([409, 'review-conflict']);
  expect(await stack.ledger(checkout.order_id)).toEqual([]);
});

test('R33: approvals around the deadline: the first one decides, and its answer is right', async () => {
  const ids = await Promise.all(
    Array.from({ length: 8 }, async (_, i) => {
      const checkout = aCheckout();
      await other.post(checkout);
      await new Promise((resolve) => setTimeout(resolve, 900 + i * 40));
      const { status } = await decide(one, checkout.order_id, 'approve');
      return { id: checkout.order_id, status };
    }),
  );
  for (const { id, status } of ids) {
    const order = await one.until(id, ['confirmed', 'failed']);
    expect([status, order.status, order.failure?.reason ?? null]).toEqual(
      status === 200 ? [200, 'confirmed', null] : [409, 'failed', 'expired'],
    );
  }
});

test('twenty checkouts of one customer at once, over two workers: as many pass as the limit lets, the others wait for a person', async () => {
  const limited = { ...QUICK, FRAUD_ORDERS_PER_WINDOW: '5' };
  // The limits travel with the orders: the workers that do the counting have none of their own.
  const [first, second] = await Promise.all([stack.serve('api', limited), stack.serve('api', limited)]);
  await stack.serve('worker', QUICK);
  const shops = [createShop(first.url), createShop(second.url)];
  const customer_id = 'in-a-hurry';
  const ids = await Promise.all(
    Array.from({ length: 20 }, async (_, i) => {
      const { status, body } = await (shops[i % 2] ?? one).post(aCheckout({ customer_id }));
      expect(status).toBe(202);
      return body.id;
    }),
  );
  const orders = await Promise.all(ids.map((id) => one.until(id, ['confirmed', 'in_review'])));
  expect(orders.filter(({ status }) => status === 'confirmed')).toHaveLength(5);
  expect(orders.filter(({ status }) => status === 'in_review')).toHaveLength(15);
  const other = await (shops[0] ?? one).post(aCheckout({ customer_id: 'at-ease' }), { Prefer: 'wait=20' });
  expect(other.body.status).toBe('confirmed');
});
