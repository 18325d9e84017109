import { expect, it } from '@jest/globals';
import { openDesk } from '../desk.js';

const createdAt = '2026-01-01T00:00:00.000Z';
const event = (seq: number) => ({ seq, type: 'order.created', data: {}, actor: null, createdAt });

it('pages through the timeline, oldest first, to its end', async () => {
  const desk = openDesk();
  desk.has('order-1');
  desk.trails.set('order-1', [event(1), event(2), event(3)]);
  const first = await desk.get('/v1/orders/order-1/events?limit=2');
  expect(first).toMatchObject({ status: 200, body: { data: [{ seq: 1, created_at: createdAt }, { seq: 2 }] } });
  const rest = await desk.get(`/v1/orders/order-1/events?limit=2&cursor=${String(first.body['next_cursor'])}`);
  expect(rest.body).toMatchObject({ data: [{ seq: 3 }], next_cursor: null });
});

it('is empty for an order that has no row yet, and 404 for one that no one knows', async () => {
  const desk = openDesk();
  desk.has('order-1');
  expect(await desk.get('/v1/orders/order-1/events')).toMatchObject({ body: { data: [], next_cursor: null } });
  expect(await desk.get('/v1/orders/nobody/events')).toMatchObject({ status: 404 });
});

it.each(['cursor=nonsense', 'cursor=WyJhIl0', 'limit=0', 'limit=101', 'limit=many'])('refuses ?%s', async (query) => {
  const desk = openDesk();
  desk.has('order-1');
  const answer = await desk.get(`/v1/orders/order-1/events?${query}`);
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: `/${query.split('=')[0]}` }] } });
});
