import { beforeEach, describe, expect, it, test } from '@jest/globals';
import { Unavailable } from '../../../../src/domain/unavailable.js';
import type { WebhookDelivery, WebhookEndpoint } from '../../../../src/domain/webhook-endpoint.js';
import { openDesk, type Body, type Desk } from '../desk.js';

const ID = `we_${'0'.repeat(32)}`;
const DELIVERY_ID = `wd_${'0'.repeat(32)}`;
const ENDPOINT: WebhookEndpoint = {
  id: ID,
  url: 'https://shop.example/hooks',
  description: '',
  eventTypes: ['*'],
  state: 'enabled',
  disabledReason: null,
  oldSecretUntil: null,
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
};
const DELIVERY: WebhookDelivery = {
  id: DELIVERY_ID,
  endpointId: ID,
  messageId: 'evt_o_1',
  type: 'order.created',
  orderId: 'o',
  state: 'failed',
  nextAttemptAt: null,
  attempts: [
    {
      number: 1,
      at: '2026-01-01T00:00:00.000Z',
      outcome: 'refused',
      statusCode: 500,
      detail: 'answered 500',
      latencyMs: 3,
      response: 'Bad Gateway',
    },
  ],
  createdAt: '2026-01-01T00:00:00.000Z',
  updatedAt: '2026-01-01T00:00:00.000Z',
};

let desk: Desk;
const given: unknown[] = [];
beforeEach(() => {
  desk = openDesk();
  given.length = 0;
});

const create = (body: Body) => desk.post('/v1/webhook-endpoints', body);
const patch = (body: Body) =>
  desk.ask(`/v1/webhook-endpoints/${ID}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });

describe('an endpoint', () => {
  it('is created with a secret that only this answer shows', async () => {
    desk.endpoints.create = async (...args) => {
      given.push(...args);
      return { kind: 'done', endpoint: ENDPOINT };
    };
    desk.endpoints.find = async () => ENDPOINT;
    const { status, body, headers } = await create({ url: ENDPOINT.url });
    expect(status).toBe(201);
    expect(headers.get('location')).toBe(`/v1/webhook-endpoints/${ID}`);
    expect(Buffer.from(String(body['secret']).replace('whsec_', ''), 'base64')).toHaveLength(32);
    expect(given).toEqual([{ url: ENDPOINT.url, description: '', eventTypes: ['*'], secret: body['secret'] }, 50]);
    expect(Object.keys((await desk.get(`/v1/webhook-endpoints/${ID}`)).body)).not.toContain('secret');
  });

  test.each([
    [{ url: 'https://refused.example' }, '/url'],
    [{ url: '' }, '/url'],
    [{}, '/url'],
    [{ url: 'https://x.example', event_types: [] }, '/event_types'],
    [{ url: 'https://x.example', event_types: ['order.eaten'] }, '/event_types/0'],
    [{ url: 'https://x.example', secret: 'mine' }, '/secret'],
    [{ url: 'https://x.example', description: 'a\u0000b' }, '/description'],
  ])('is refused for %j, naming the field', async (body, pointer) => {
    expect(await create(body)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
  });

  it('is changed by the fields that are given, and by nothing else', async () => {
    desk.endpoints.change = async (...args) => {
      given.push(args);
      return { kind: 'done', endpoint: ENDPOINT };
    };
    expect(await patch({ event_types: ['order.*'], state: 'disabled' })).toMatchObject({ status: 200 });
    expect(given).toEqual([[ID, { eventTypes: ['order.*'], state: 'disabled' }]]);
    expect(await patch({})).toMatchObject({ status: 422 });
    expect(await patch({ url: 'https://refused.example' })).toMatchObject({ status: 422 });
    expect(await patch({ state: 'deleted' })).toMatchObject({ status: 422, body: { errors: [{ pointer: '/state' }] } });
  });

  test.each([
    ['url_taken', 409, 'endpoint-exists'],
    ['too_many', 409, 'too-many-endpoints'],
  ] as const)('is not created when the books say %s', async (kind, status, code) => {
    desk.endpoints.create = async () => ({ kind });
    expect(await create({ url: ENDPOINT.url })).toMatchObject({ status, body: { code } });
  });

  it('that there is not is a 404 for everything', async () => {
    desk.endpoints.find = async () => undefined;
    desk.endpoints.remove = async () => false;
    desk.endpoints.change = desk.endpoints.rotate = desk.endpoints.dropOldSecret = async () => ({ kind: 'not_found' });
    desk.endpoints.test = async () => ({ kind: 'not_found' });
    const path = `/v1/webhook-endpoints/${ID}`;
    const answers = [
      await desk.get(path),
      await desk.get('/v1/webhook-endpoints/we_1'),
      await desk.ask(path, { method: 'DELETE' }),
      await patch({ description: 'x' }),
      await desk.post(`${path}/secrets`),
      await desk.ask(`${path}/secrets/old`, { method: 'DELETE' }),
      await desk.post(`${path}/test`),
    ];
    expect(answers.map(({ status }) => status)).toEqual(Array(7).fill(404));
  });

  it('is listed page by page', async () => {
    desk.endpoints.list = async (limit, afterId) => {
      given.push([limit, afterId]);
      return [ENDPOINT, { ...ENDPOINT, id: `we_${'1'.repeat(32)}` }];
    };
    const { body } = await desk.get('/v1/webhook-endpoints?limit=1');
    expect(body).toMatchObject({ data: [{ id: ID }] });
    await desk.get(`/v1/webhook-endpoints?limit=1&cursor=${String(body['next_cursor'])}`);
    expect(given).toEqual([
      [2, undefined],
      [2, ID],
    ]);
  });

  it('is 503 with Retry-After while the database is unavailable', async () => {
    desk.endpoints.list = async () => {
      throw new Unavailable('database', new Error('away'));
    };
    const { status, headers } = await desk.get('/v1/webhook-endpoints');
    expect([status, headers.get('retry-after')]).toEqual([503, '2']);
  });
});

describe('a delivery', () => {
  it('is shown with its tries', async () => {
    desk.webhookDeliveries.find = async () => ({ ...DELIVERY, payload: { type: 'order.created' } });
    expect(await desk.get(`/v1/webhook-deliveries/${DELIVERY_ID}`)).toMatchObject({
      status: 200,
      body: {
        webhook_id: 'evt_o_1',
        payload: { type: 'order.created' },
        attempts: [{ number: 1, status_code: 500, latency_ms: 3, detail: 'answered 500', response: 'Bad Gateway' }],
      },
    });
    desk.webhookDeliveries.find = async () => undefined;
    expect(await desk.get(`/v1/webhook-deliveries/${DELIVERY_ID}`)).toMatchObject({ status: 404 });
  });

  it('is listed by endpoint, state, order and type', async () => {
    desk.webhookDeliveries.list = async (filter) => {
      given.push(filter);
      return [DELIVERY, { ...DELIVERY, id: 'wd_2' }];
    };
    const query = `endpoint_id=${ID}&state=failed&order_id=o&type=order.created&limit=1`;
    const { body } = await desk.get(`/v1/webhook-deliveries?${query}`);
    await desk.get(`/v1/webhook-deliveries?limit=1&cursor=${String(body['next_cursor'])}`);
    expect(given).toEqual([
      { endpointId: ID, state: 'failed', orderId: 'o', type: 'order.created', limit: 2 },
      { beforeId: DELIVERY_ID, limit: 2 },
    ]);
    expect(await desk.get('/v1/webhook-deliveries?state=lost')).toMatchObject({ status: 422 });
    expect(await desk.get('/v1/webhook-deliveries?cursor=nonsense')).toMatchObject({ status: 422 });
  });

  test.each([
    [{ kind: 'replayed', delivery: { ...DELIVERY, state: 'pending' } }, 202, undefined],
    [{ kind: 'no_receiver', endpointState: 'deleted' }, 409, 'endpoint-disabled'],
    [{ kind: 'not_found' }, 404, 'not-found'],
  ] as const)('answers a replay that comes to %j with %d', async (replayed, status, code) => {
    desk.webhookDeliveries.replay = async () => replayed;
    const answer = await desk.post(`/v1/webhook-deliveries/${DELIVERY_ID}/replay`);
    expect([answer.status, answer.body['code']]).toEqual([status, code]);
  });
});
