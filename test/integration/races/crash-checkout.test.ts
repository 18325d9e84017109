import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCrashRoad, openShop, posts, QUICK, runs, commits, type CrashPoint } from '../../support/crash-road.js';
import { endStateOf, stockTrouble } from '../../support/end-state.js';
import { aCheckout, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const reserve = runs('reserve');
const intent = runs('first-claim');
const capture = runs('capture');
const charge = posts('/v1/charges');

const POINTS: [string, string, CrashPoint][] = [
  ['R30: before the stock is reserved', 'pm_ok', { line: 'database', when: 'before', says: reserve }],
  ['R30: after the stock is reserved', 'pm_ok', { line: 'database', when: 'after', says: reserve }],
  ['R30: before the charge is written down', 'pm_ok', { line: 'database', when: 'before', says: intent }],
  ['R30: after the charge is written down', 'pm_ok', { line: 'database', when: 'after', says: intent }],
  ['R30: before the charge reaches the gateway', 'pm_ok', { line: 'gateway', when: 'before', says: charge }],
  ['R8: after the gateway has charged', 'pm_ok', { line: 'gateway', when: 'after', says: charge }],
  ['R8: before the capture is written down', 'pm_ok', { line: 'database', when: 'before', says: capture }],
  ['R30: after the order is confirmed', 'pm_ok', { line: 'database', when: 'after', says: capture }],
  ['R11: after the gateway has declined', 'pm_declined', { line: 'gateway', when: 'after', says: charge }],
  [
    'R11: after the decline is written down',
    'pm_declined',
    { line: 'database', when: 'after', says: commits('card_declined') },
  ],
];

let stack: Stack;
let shop: Shop;
const orders = POINTS.map(([name, method, point]) => ({ name, point, checkout: aCheckout({}, method) }));
const struck = new Set<string>();

// Every order first meets its crash; then comes one worker that stays.
beforeAll(async () => {
  stack = await startStack();
  shop = await openShop(stack);
  const road = createCrashRoad(stack);
  for (const { name, point, checkout } of orders) {
    if (await road.crash(point, checkout.order_id, () => shop.post(checkout))) struck.add(name);
  }
  await road.close();
  await stack.serve('worker', QUICK);
}, 240_000);
afterAll(async () => stack?.close());

test.each(orders.map(({ name, checkout }) => ({ name, checkout })))(
  '$name a worker is killed, and the order ends as it would have ended',
  async ({ name, checkout }) => {
    expect([...struck]).toContain(name);
    const isDeclined = checkout.payment.method === 'pm_declined';
    const order = await shop.until(checkout.order_id, isDeclined ? ['failed'] : ['confirmed'], 60_000);
    expect(await endStateOf(stack, order)).toEqual({
      status: isDeclined ? 'failed' : 'confirmed',
      reason: isDeclined ? 'payment_declined' : null,
      charges: isDeclined ? [] : [`${checkout.order_id}:charge:1`],
      refunds: 0,
      kept: isDeclined ? 0 : 1_999,
      reservations: [isDeclined ? 'released' : 'committed'],
    });
    expect(order.payment.attempts).toHaveLength(1);
  },
  70_000,
);

test('R30: the stock of all of them is where it belongs', async () => {
  expect(await stockTrouble(stack)).toEqual([]);
});
