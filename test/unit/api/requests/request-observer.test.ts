import { expect, it } from '@jest/globals';
import type { AnsweredRequest } from '../../../../src/api/requests/request-observer.js';
import { openDesk } from '../desk.js';
import { openGuarded } from '../guarded.js';

it('hears of each answer with the pattern of its route, its order and its request', async () => {
  const desk = openDesk();
  desk.has('order-1');
  await desk.raw('/v1/orders/order-1', { headers: { 'x-request-id': 'request-1' } });
  await desk.post('/v1/orders/unknown-1/cancel', { reason: 'x' });
  await desk.raw('/nowhere/at/all?secret=1');
  expect(desk.observed).toEqual([
    expect.objectContaining({
      method: 'GET',
      route: '/v1/orders/:id',
      status: 200,
      requestId: 'request-1',
      orderId: 'order-1',
    }),
    expect.objectContaining({ method: 'POST', route: '/v1/orders/:id/cancel', status: 404, orderId: 'unknown-1' }),
    expect.objectContaining({ method: 'GET', route: 'unmatched', status: 404 }),
  ]);
  expect(desk.observed.every(({ seconds }) => seconds >= 0 && seconds < 10)).toBe(true);
});

it('hears whose key it was, once it was found good', async () => {
  const observed: AnsweredRequest[] = [];
  const { app } = openGuarded({}, (request) => observed.push(request));
  const ask = (key: string) =>
    app.request('/v1/products/a/stock-movements', { headers: { Authorization: `Bearer ${key}` } });
  await ask('key-orders');
  await ask('revoked');
  expect(observed).toEqual([
    expect.objectContaining({
      status: 403,
      keyId: 'key-orders',
      error: expect.objectContaining({ code: 'insufficient-scope' }),
    }),
    expect.objectContaining({ status: 401, error: expect.objectContaining({ code: 'unauthorized' }) }),
  ]);
  expect(observed[1]).not.toHaveProperty('keyId');
});

it('names one route for all files of the page of the API', async () => {
  const observed: AnsweredRequest[] = [];
  const { app } = openGuarded({}, (request) => observed.push(request));
  await app.request('/docs/swagger-ui.css');
  expect(observed).toMatchObject([{ route: '/docs/*', status: 200 }]);
});

it('makes one thing of all methods that no one knows', async () => {
  const desk = openDesk();
  await desk.raw('/v1/orders/order-1', { method: 'BREW' });
  expect(desk.observed).toMatchObject([{ method: 'other' }]);
});
