import { expect, it } from '@jest/globals';
import { digestOf } from '../../../../src/api/orders/order-list-schema.js';
import { openDesk } from '../desk.js';

const TIME = '2026-01-01T00:00:00.000000Z';
const NUL = 'a\u0000';

// Each is what a place of its list looks like, and what the database would not take.
it.each([
  ['/v1/orders/order-1/events', [2_147_483_648]],
  ['/v1/orders/order-1/events', [Number.MAX_SAFE_INTEGER]],
  ['/v1/orders/order-1/notices', [2_147_483_648, 'smtp']],
  ['/v1/orders/order-1/notices', [3, NUL]],
  ['/v1/dead-letters', [TIME, NUL]],
  ['/v1/dead-letters', ['0000-01-01T00:00:00.000000Z', 'dl_1']],
  ['/v1/webhook-endpoints', [NUL]],
  ['/v1/webhook-deliveries', [NUL]],
  ['/v1/products', [NUL]],
  ['/v1/products/pen/stock-movements', [1e20]],
  ['/v1/orders', [digestOf({}), '0000-01-01T00:00:00.000000Z', 'order-1']],
  ['/v1/orders', [digestOf({}), TIME, NUL]],
  ['/v1/orders', [digestOf({ customerId: 'c' }), TIME, 'order-1']],
])('%s refuses a cursor that someone made of %j', async (path, place) => {
  const desk = openDesk();
  desk.has('order-1');
  const cursor = Buffer.from(JSON.stringify(place)).toString('base64url');
  const answer = await desk.get(`${path}?cursor=${cursor}`);
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation-error', errors: [{ pointer: '/cursor' }] } });
});
