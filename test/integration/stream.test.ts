import { afterAll, beforeAll, expect, it } from '@jest/globals';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
let holdfast: HoldfastProcess;
let shop: Shop;

beforeAll(async () => {
  stack = await startStack();
  holdfast = await stack.serve('api,worker', { FRAUD_REVIEW_ABOVE_MINOR: '1' });
  shop = createShop(holdfast.url);
});
afterAll(() => stack.close());

async function waitingOrder(): Promise<string> {
  const checkout = aCheckout();
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['in_review']);
  return checkout.order_id;
}

it('follows an order live to its end, and has nothing more for who has heard it all', async () => {
  const id = await waitingOrder();
  const stream = await shop.follow(id);
  await shop.ask(id, 'review', { decision: 'approve' });
  const text = await stream.text();
  const types = [...text.matchAll(/"type":"([^"]+)"/g)].map(([, type]) => type);
  expect(types).toEqual([
    'order.created',
    'order.in_review',
    'review.approved',
    'inventory.reserved',
    'order.confirmed',
  ]);
  expect(text).toContain('event: settled\ndata: {"status":"confirmed"}');
  const last = /id: (\d+)\n\nevent: settled/.exec(text)?.[1] ?? '';
  expect((await shop.follow(id, { 'Last-Event-ID': last })).status).toBe(204);
});

it('ends its streams when it is told to stop', async () => {
  const stream = await shop.follow(await waitingOrder());
  const stopped = holdfast.stop();
  expect(await stream.text()).toMatch(/^retry: \d+\n/);
  expect(await stopped).toBe(0);
});
