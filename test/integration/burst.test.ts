import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const BURST = 500;

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  await stack.seed({ sku: 'product-A', name: 'Notebook', currency: 'EUR', unitPriceMinor: 1_999, onHand: BURST });
  // The defaults of a process, but for the wait: a busy machine may need longer than a client would like to wait.
  const limits = { MAX_CHECKOUTS: '40', ACCEPT_TARGET_MS: '500', BURST_WAIT_MS: '30000' };
  shop = createShop((await stack.serve('api,worker', limits)).url);
});
afterAll(async () => stack?.close());

test('an idle process accepts a burst of 500 checkouts completely, and continues to answer reads meanwhile', async () => {
  const checkouts = Array.from({ length: BURST }, () => aCheckout());
  const answers = Promise.all(checkouts.map(async (checkout) => shop.post(checkout)));
  const over = answers.then(
    () => true,
    () => true,
  );
  do {
    expect(await shop.call('/v1/products')).toMatchObject({ status: 200 });
  } while (!(await Promise.race([over, sleep(250, false)])));
  expect((await answers).filter(({ status }) => status !== 202)).toEqual([]);
  for (const { order_id } of checkouts) await shop.until(order_id, ['confirmed']);
}, 180_000);
