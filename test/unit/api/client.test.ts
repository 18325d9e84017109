import { expect, test } from '@jest/globals';
import { hc } from 'hono/client';
import type { HoldfastApi } from '../../../src/api/client.js';
import { openDesk } from './desk.js';

const desk = openDesk();
const client = hc<HoldfastApi>('http://holdfast.test', { fetch: desk.app.request });

test('a client made from the types reads an order', async () => {
  desk.has('order-1', { status: 'confirmed' });
  const response = await client.v1.orders[':id'].$get({ param: { id: 'order-1' } });
  if (response.status !== 200) throw new Error(`answered ${response.status}`);
  const order = await response.json();
  expect([order.id, order.status, order.payment.state]).toEqual(['order-1', 'confirmed', 'none']);
  // @ts-expect-error an order has no such field
  expect(order.colour).toBeUndefined();
});

test('and distinguishes a problem from an order by its status', async () => {
  const response = await client.v1.orders[':id'].$get({ param: { id: 'missing' } });
  if (response.status !== 404) throw new Error(`answered ${response.status}`);
  const problem = await response.json();
  expect([problem.code, problem.instance]).toEqual(['not-found', '/v1/orders/missing']);
});

test('it knows the routes of every resource, and what each takes', async () => {
  expect((await client.v1.orders.$get({ query: { limit: 1 } })).status).toBe(200);
  expect((await client.v1.orders[':id'].events.$get({ param: { id: 'order-1' }, query: {} })).status).toBe(200);
  expect((await client.v1['dead-letters'].$get({ query: { state: 'open' } })).status).toBe(200);
  expect((await client.v1.products[':sku'].$delete({ param: { sku: 'pen' } })).status).toBe(404);
  expect((await client.v1.stats.$get()).status).toBe(200);
  const cancel = { param: { id: 'order-1' }, json: { reason: 'ordered twice' } };
  expect((await client.v1.orders[':id'].cancel.$post(cancel)).status).toBe(202);
  // @ts-expect-error a review needs a decision
  await client.v1.orders[':id'].review.$post({ param: { id: 'order-1' }, json: {} });
});
