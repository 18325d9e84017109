import { describe, expect, test } from '@jest/globals';
import type { ProblemCode } from '../../../../src/api/requests/problems.js';
import { Unavailable } from '../../../../src/domain/unavailable.js';
import { checkout, checkoutWithout, MAX_BODY_BYTES, openShop, problem, type Answer, type Shop } from '../shop.js';

type Headers = Record<string, string>;
type Way = (shop: Shop, headers: Headers) => Promise<Answer>;

const conflicting: Way = async (shop, headers) => {
  await shop.post(checkout());
  return shop.post(checkout({ customer_id: 'customer-8' }), headers);
};

const failing =
  (fault: Error): Way =>
  (shop, headers) => {
    shop.faults.set('reader.find', fault);
    return shop.ask('/v1/orders/order-1', { headers });
  };

/** One way to each problem of a checkout. */
const WAYS: Partial<Record<ProblemCode, Way>> = {
  'malformed-json': (shop, headers) => shop.send('{', headers),
  'idempotency-key-missing': (shop, headers) => shop.post(checkoutWithout('order_id'), headers),
  'idempotency-key-invalid': (shop, headers) =>
    shop.post(checkoutWithout('order_id'), { ...headers, 'idempotency-key': 'a b' }),
  'not-found': (shop, headers) => shop.ask('/v1/orders/order-1', { headers }),
  'method-not-allowed': (shop, headers) => shop.ask('/v1/orders', { method: 'PUT', headers }),
  'order-conflict': conflicting,
  'price-changed': (shop, headers) => shop.post(checkout({ total_minor: 1 }), headers),
  'body-too-large': (shop, headers) => shop.send(' '.repeat(MAX_BODY_BYTES + 1), headers),
  'unsupported-media-type': (shop, headers) => shop.send('{}', { ...headers, 'content-type': 'text/plain' }),
  'validation-error': (shop, headers) => shop.post({}, headers),
  'internal-error': failing(new Error('a bug')),
  unavailable: failing(new Unavailable('database', new Error('away'))),
};

describe('every problem', () => {
  test.each(Object.entries(WAYS))('has the members of RFC 9457 and two of ours: %s', async (code, way) => {
    const answer = await way(openShop(), {});
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body).toMatchObject({
      type: `/docs/errors#${code}`,
      title: expect.stringMatching(/^[A-Z].{5,}/),
      status: answer.status,
      detail: expect.stringMatching(/^\S.{5,}/),
      instance: expect.stringMatching(/^\/v1\/orders/),
      code,
      request_id: expect.stringMatching(/\S/),
    });
  });

  test.each(Object.entries(WAYS))('carries the id of its request: %s', async (_code, way) => {
    const answer = await way(openShop(), { 'x-request-id': 'request-1' });
    expect(answer.body['request_id']).toBe('request-1');
    expect(answer.headers.get('x-request-id')).toBe('request-1');
  });
});

describe('the id of a request', () => {
  test('is made when none was sent, and never twice', async () => {
    const shop = openShop();
    const ids = await Promise.all([1, 2, 3].map(async () => (await shop.get('order-1')).headers.get('x-request-id')));
    expect(ids.filter((id) => id !== null && id !== '')).toHaveLength(3);
    expect(new Set(ids).size).toBe(3);
  });

  test('is echoed, and goes with the order into its workflow', async () => {
    const shop = openShop();
    const answer = await shop.post(checkout(), { 'x-request-id': 'request-1' });
    expect(answer.headers.get('x-request-id')).toBe('request-1');
    expect(shop.runs.get('order-1')?.order.requestId).toBe('request-1');
  });

  test.each([
    ['has characters that could break a log line', 'a b"c'],
    ['is longer than 255 characters', 'a'.repeat(256)],
    ['is empty', ''],
  ])('is generated when the one that was sent %s', async (_why, id) => {
    const answer = await openShop().post(checkout(), { 'x-request-id': id });
    expect(answer.headers.get('x-request-id')).toMatch(/^[\w-]{8,}$/);
    expect(answer.headers.get('x-request-id')).not.toBe(id);
  });
});

describe('a path that does not exist', () => {
  test.each(['/v1', '/v2/orders', '/v1/orders/order-1/unknown', '/v1//orders', '/V1/orders', '/v1/orders/'])(
    'is not found: %s',
    async (path) => {
      expect(await openShop().ask(path)).toMatchObject(problem(404, 'not-found'));
    },
  );

  test.each(['a%2Fb', 'a%20b', 'a%00', '%ff', 'a'.repeat(65), "'--"])(
    'is not found, and no one is asked: /v1/orders/%s',
    async (id) => {
      const shop = openShop();
      expect(await shop.get(id)).toMatchObject(problem(404, 'not-found'));
      expect(shop.calls).toEqual([]);
    },
  );
});

describe('a method that a path does not answer to', () => {
  test.each([
    ['PUT', '/v1/orders', 'POST'],
    ['PUT', '/v1/orders', 'GET'],
    ['DELETE', '/v1/orders', 'POST'],
    ['OPTIONS', '/v1/orders', 'POST'],
    ['POST', '/v1/orders/order-1', 'GET'],
    ['PUT', '/v1/orders/order-1', 'PATCH'],
  ])('is refused with those it does: %s %s', async (method, path, allow) => {
    const answer = await openShop().ask(path, { method });
    expect(answer).toMatchObject(problem(405, 'method-not-allowed'));
    expect(answer.headers.get('allow')?.split(/,\s*/)).toEqual(expect.arrayContaining([allow]));
  });

  test('is never among those that are allowed', async () => {
    const answer = await openShop().ask('/v1/orders', { method: 'PUT' });
    expect(answer.headers.get('allow')).not.toContain('PUT');
  });
});
