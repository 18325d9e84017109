import { expect, it } from '@jest/globals';
import type { NoticeRecord } from '../../../../src/domain/notice.js';
import { openDesk } from '../desk.js';
import { openGuarded } from '../guarded.js';

const notice = (seq: number, channel: string): NoticeRecord => ({
  seq,
  about: 'confirmation',
  channel,
  state: 'pending',
  attempts: 2,
  lastError: 'SmtpFault EENVELOPE_450',
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:20.000Z',
});

it('shows the notices of an order page by page, each with its state', async () => {
  const desk = openDesk();
  desk.has('order-1');
  desk.notices.set('order-1', [notice(3, 'log'), notice(3, 'smtp'), notice(4, 'log')]);
  const first = await desk.get('/v1/orders/order-1/notices?limit=2');
  expect(first).toMatchObject({ status: 200, body: { data: [{ seq: 3, channel: 'log' }, {}] } });
  expect(first.body).toMatchObject({
    data: [
      {},
      {
        seq: 3,
        kind: 'confirmation',
        channel: 'smtp',
        state: 'pending',
        attempts: 2,
        last_error: 'SmtpFault EENVELOPE_450',
        created_at: '2026-01-01T00:00:00.000Z',
        updated_at: '2026-01-01T00:00:20.000Z',
      },
    ],
  });
  const rest = await desk.get(`/v1/orders/order-1/notices?limit=2&cursor=${String(first.body['next_cursor'])}`);
  expect(rest.body).toMatchObject({ data: [{ seq: 4, channel: 'log' }], next_cursor: null });
});

it('is empty for an order without notices, and 404 for an unknown order', async () => {
  const desk = openDesk();
  desk.has('order-1');
  expect(await desk.get('/v1/orders/order-1/notices')).toMatchObject({ body: { data: [], next_cursor: null } });
  expect(await desk.get('/v1/orders/nobody/notices')).toMatchObject({ status: 404 });
});

it.each(['cursor=nonsense', 'cursor=WzNd', 'cursor=WzNlOSwiYSJd', 'limit=0', 'limit=101'])(
  'refuses ?%s',
  async (query) => {
    const desk = openDesk();
    desk.has('order-1');
    const answer = await desk.get(`/v1/orders/order-1/notices?${query}`);
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: `/${query.split('=')[0]}` }] } });
  },
);

it('needs the scope operations', async () => {
  const { call } = openGuarded();
  const path = '/v1/orders/order-1/notices';
  expect((await call('GET', path, { authorization: 'Bearer key-orders' })).status).toBe(403);
  expect((await call('GET', path)).status).toBe(401);
});
