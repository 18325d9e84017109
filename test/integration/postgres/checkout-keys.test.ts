import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { checkoutKey } from '../../../src/api/orders/checkout-key.js';
import { createCheckoutKeyStore } from '../../../src/adapters/postgres/orders/checkout-keys.js';
import { createOrderReader } from '../../../src/adapters/postgres/orders/order-reader.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker')).url);
});
afterAll(async () => stack?.close());

test('of twenty order_ids that claim one key at once, all get the same one', async () => {
  const keys = createCheckoutKeyStore(stack.database);
  const key = checkoutKey(newOrderId());
  const ids = Array.from({ length: 20 }, () => newOrderId());
  const holders = await Promise.all(ids.map((orderId) => keys.claim({ ...key, orderId })));
  expect(new Set(holders).size).toBe(1);
  expect(ids).toContain(holders[0]);
  const { keyHolder } = await createOrderReader(stack.database).forCheckout('none', [], key.hash);
  expect(keyHolder).toBe(holders[0]);
  const none = createHash('sha256').update(newOrderId()).digest();
  expect((await createOrderReader(stack.database).forCheckout('none', [], none)).keyHolder).toBeNull();
  expect((await createOrderReader(stack.database).forCheckout('none', [], null)).keyHolder).toBeNull();
});

test('twenty checkouts at once with one Idempotency-Key and twenty order_ids make one order, charged once', async () => {
  const headers = { 'Idempotency-Key': newOrderId(), Prefer: 'wait=30' };
  const checkouts = Array.from({ length: 20 }, () => aCheckout());
  const answers = await Promise.all(checkouts.map((checkout) => shop.post(checkout, headers)));
  expect(answers.map(({ status }) => status).sort((a, b) => a - b)).toEqual([
    201,
    ...Array.from({ length: 19 }, () => 409),
  ]);
  const ledgers = await Promise.all(checkouts.map(({ order_id }) => stack.ledger(order_id)));
  expect(ledgers.flat()).toHaveLength(1);
});

test('a key that made an order on its own is refused with an order_id afterwards', async () => {
  const key = newOrderId();
  const { order_id: _none, ...anonymous } = aCheckout();
  const first = await shop.post(anonymous, { 'Idempotency-Key': key, Prefer: 'wait=30' });
  expect(first).toMatchObject({ status: 201, body: { id: checkoutKey(key).ownOrderId } });
  expect(await shop.post(aCheckout(), { 'Idempotency-Key': `"${key}"` })).toMatchObject({ status: 409 });
  const again = await shop.post(anonymous, { 'Idempotency-Key': `"${key}"` });
  expect(again).toMatchObject({ status: 200, body: { id: first.body.id } });
});
