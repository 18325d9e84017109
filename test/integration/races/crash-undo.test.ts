import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { commits, createCrashRoad, openShop, posts, QUICK, type CrashPoint } from '../../support/crash-road.js';
import { endStateOf, stockTrouble, trailOf } from '../../support/end-state.js';
import { aCheckout, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const refund = posts('/v1/refunds');

const POINTS: [string, CrashPoint][] = [
  ['the cancel is written down', { line: 'database', when: 'after', says: commits('order.cancelling') }],
  ['the refund is written down', { line: 'database', when: 'after', says: commits('insert into "refunds"') }],
  ['the refund reaches the gateway', { line: 'gateway', when: 'before', says: refund }],
  ['the gateway has refunded', { line: 'gateway', when: 'after', says: refund }],
  ['the answer of the refund is written down', { line: 'database', when: 'before', says: commits('refund.succeeded') }],
  ['the success of the refund is written down', { line: 'database', when: 'after', says: commits('refund.succeeded') }],
  ['the stock is put back', { line: 'database', when: 'before', says: commits('given_back') }],
  ['all the stock is back', { line: 'database', when: 'after', says: commits('given_back') }],
  ['the order is cancelled', { line: 'database', when: 'before', says: commits('order.cancelled') }],
  ['it was cancelled', { line: 'database', when: 'after', says: commits('order.cancelled') }],
];

let stack: Stack;
let shop: Shop;
const orders = POINTS.map(([what, point]) => ({ name: `${point.when} ${what}`, point, checkout: aCheckout() }));
const struck = new Set<string>();

// Every confirmed order is cancelled and meets its crash on the way; then comes one worker that stays.
beforeAll(async () => {
  stack = await startStack();
  shop = await openShop(stack);
  const road = createCrashRoad(stack);
  for (const { name, point, checkout } of orders) {
    const cancel = async () => {
      await shop.post(checkout);
      await shop.until(checkout.order_id, ['confirmed'], 60_000);
      await shop.ask(checkout.order_id, 'cancel', { reason: 'changed my mind' });
    };
    if (await road.crash(point, checkout.order_id, cancel)) struck.add(name);
  }
  await road.close();
  await stack.serve('worker', QUICK);
}, 240_000);
afterAll(async () => stack?.close());

test.each(orders)(
  'R30: $name a worker is killed, and the cancel ends with all money and stock back, once',
  async ({ name, checkout }) => {
    expect([...struck]).toContain(name);
    const order = await shop.until(checkout.order_id, ['cancelled'], 60_000);
    expect(await endStateOf(stack, order)).toEqual({
      status: 'cancelled',
      reason: null,
      charges: [`${checkout.order_id}:charge:1`],
      refunds: 1,
      kept: 0,
      reservations: ['restocked'],
    });
    const trail = await trailOf(stack, checkout.order_id);
    expect(trail.filter((type) => type === 'refund.succeeded')).toHaveLength(1);
  },
  70_000,
);

test('R23: no crash made the stock come back twice', async () => {
  expect(await stockTrouble(stack)).toEqual([]);
  const { rows } = await stack.database.pool.query(
    `select order_id from stock_movements where kind = 'restock' group by order_id having count(*) <> 1`,
  );
  expect(rows).toEqual([]);
});
