import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually } from '../support/end-state.js';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { exchange } from '../support/raw-http.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { TEST_KEY } from '../support/test-key.js';
import { startStack, type Stack } from '../support/stack.js';

const canary = (name: string) => `canary-${name}-${randomUUID()}`;

const SECRET = `whsec_${Buffer.from(canary('secret')).toString('base64')}`;
const CANARIES = {
  authorization: canary('authorization'),
  actor: canary('actor'),
  email: `${canary('email')}@example.com`,
  metadata: canary('metadata'),
  phone: canary('phone').slice(0, 40),
  address: canary('address'),
  method: `pm_${canary('method')}`,
  body: canary('body'),
  query: canary('query'),
  signature: `v1,${canary('signature')}`,
};

let stack: Stack;
let api: HoldfastProcess;
let worker: HoldfastProcess;
let shop: Shop;

type Line = Record<string, unknown>;

const linesOf = (holdfast: HoldfastProcess): Line[] =>
  holdfast
    .output()
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line);

beforeAll(async () => {
  stack = await startStack();
  const environment = {
    LOG_LEVEL: 'trace',
    SANDBOX_EVENT_SECRETS: SECRET,
    NOTIFIERS: 'log',
    RETRY_INITIAL_MS: '10',
    AUDIT_INTERVAL_MS: '1000',
  };
  [api, worker] = await Promise.all([stack.serve('api', environment), stack.serve('worker', environment)]);
  shop = createShop(api.url);
});
afterAll(() => stack.close());

const order = (method: string) => {
  const address = { name: CANARIES.address, line1: CANARIES.address, city: CANARIES.address, country: 'DE' };
  const contact = { customer_phone: CANARIES.phone, shipping_address: address, billing_address: address };
  return aCheckout({ ...contact, customer_email: CANARIES.email, metadata: { note: CANARIES.metadata } }, method);
};

describe('the log of an order', () => {
  const requestId = randomUUID();
  const checkout = order('pm_fail_1');
  const subject = { order_id: checkout.order_id, request_id: requestId };
  let lines: { api: Line[]; worker: Line[] };

  beforeAll(async () => {
    const answer = await shop.post(checkout, { 'X-Request-Id': requestId, 'X-Actor': CANARIES.actor });
    expect(answer.headers.get('X-Request-Id')).toBe(requestId);
    await shop.until(checkout.order_id, ['confirmed']);
    const read = async () => ({ api: linesOf(api), worker: linesOf(worker) });
    lines = await eventually(read, (now) => now.worker.some(({ msg }) => msg === 'Activity failed'));
  });

  it('can be followed by the request of the answer from the API to an activity in another process', () => {
    const answered = lines.api.filter(({ msg, request_id }) => msg === 'answered' && request_id === requestId);
    expect(answered).toMatchObject([{ ...subject, route: '/v1/orders', status: 202 }]);
    const failed = lines.worker.filter(({ request_id }) => request_id === requestId);
    expect(failed).toMatchObject([{ ...subject, msg: 'Activity failed', activity_type: 'chargePayment' }]);
    expect(failed[0]?.['workflow_id']).toBe(`order-${checkout.order_id}`);
  });

  it('spells all names in one way', () => {
    const names = [...lines.api, ...lines.worker].flatMap((line) => Object.keys(line));
    expect(names.filter((name) => /[A-Z]/.test(name))).toEqual([]);
  });
});

it('names order and request on the line of a checkout that could not be accepted', async () => {
  const lonely = await stack.serve('api', { TEMPORAL_DEADLINE_MS: '300' });
  const checkout = order('pm_ok');
  await stack.database.kysely.schema.alterTable('products').renameTo('products_away').execute();
  const answer = await createShop(lonely.url).post(checkout, {
    'X-Request-Id': 'request-in-vain',
    'X-Actor': CANARIES.actor,
  });
  await stack.database.kysely.schema.alterTable('products_away').renameTo('products').execute();
  expect(answer.status).toBe(500);
  const lines = await eventually(
    async () => linesOf(lonely).filter(({ request_id }) => request_id === 'request-in-vain'),
    ({ length }) => length === 2,
  );
  for (const line of lines) expect(line).toMatchObject({ order_id: checkout.order_id });
  expect(new Set(lines.map(({ msg }) => msg))).toEqual(new Set(['a request failed', 'answered']));
  expect(lonely.output()).not.toContain('canary');
});

it.each([
  ['a length', 'Content-Length: 100\r\n\r\n{"order_id"'],
  ['chunks', 'Transfer-Encoding: chunked\r\n\r\nb\r\n{"order_id"\r\n'],
])('takes a client that vanishes within a body of %s for no fault of the server', async (_what, start) => {
  const requestId = randomUUID();
  const headers = `Authorization: Bearer ${TEST_KEY.text}\r\nContent-Type: application/json\r\nX-Request-Id: ${requestId}`;
  await exchange(Number(new URL(api.url).port), `POST /v1/orders HTTP/1.1\r\nHost: shop\r\n${headers}\r\n${start}`);
  const lines = await eventually(
    async () => linesOf(api).filter(({ request_id }) => request_id === requestId),
    ({ length }) => length > 0,
  );
  expect(lines).toMatchObject([{ msg: 'answered', status: 400 }]);
});

it('says nothing secret and nothing personal in a whole run at level trace', async () => {
  const mistyped = { authorization: `Bearer ${CANARIES.authorization}` };
  expect((await shop.post(order('pm_ok'), mistyped)).status).toBe(401);
  const placed = ['pm_ok', 'pm_fail_1', 'pm_fail_9', 'pm_declined', 'pm_timeout_after', CANARIES.method].map(order);
  for (const checkout of placed) expect((await shop.post(checkout)).status).toBe(202);
  for (const { order_id } of placed) await shop.until(order_id, ['confirmed', 'failed']);
  const [first] = placed;
  await shop.ask(first?.order_id ?? '', 'cancel', { reason: CANARIES.body });
  await shop.until(first?.order_id ?? '', ['cancelled']);
  expect((await shop.post({ ...order('pm_ok'), unknown_field: CANARIES.body })).status).toBe(422);
  expect((await shop.call(`/v1/orders?canary=${CANARIES.query}`)).status).toBe(422);
  await shop.call('/v1/orders', { method: 'POST', body: `{"a": ${CANARIES.body}` });
  const event = { 'webhook-id': 'evt_1', 'webhook-timestamp': '1', 'webhook-signature': CANARIES.signature };
  expect((await shop.send('/webhooks/payments/sandbox', { note: CANARIES.body }, event)).status).toBe(400);

  await Promise.all([api.stop(), worker.stop()]);
  const output = `${api.output()}${worker.output()}`;
  const said = Object.entries({ ...CANARIES, secret: SECRET, key: TEST_KEY.text }).filter(([, value]) =>
    output.includes(value),
  );
  expect(said).toEqual([]);
  expect(output.split('\n').filter((line) => line.includes('canary'))).toEqual([]);
  // Temporal's payloads are in base64.
  const decoded =
    output.match(/[A-Za-z0-9+/]{16,}={0,2}/g)?.map((text) => Buffer.from(text, 'base64').toString()) ?? [];
  expect(decoded.filter((text) => text.includes('canary'))).toEqual([]);

  const messages = output.split('\n').map((line) => /"msg":"([^"]*)"/.exec(line)?.[1]);
  const expected = ['answered', 'a message of a gateway was refused', 'Activity failed', 'ended'];
  expect(messages).toEqual(expect.arrayContaining(expected));
});
