import { afterEach, describe, expect, jest, test } from '@jest/globals';
import { Unavailable } from '../../../../src/domain/unavailable.js';
import { openGuarded } from '../guarded.js';

afterEach(() => {
  jest.restoreAllMocks();
});

const { call, as } = openGuarded();

describe('without a good key', () => {
  test.each([
    ['no header', undefined, 'Bearer realm="holdfast"'],
    ['an empty header', '', 'Bearer realm="holdfast"'],
    ['another scheme', 'Basic dXNlcjpwYXNz', 'Bearer realm="holdfast"'],
    ['the scheme alone', 'Bearer', 'Bearer realm="holdfast"'],
    ['the key alone', 'key-orders', 'Bearer realm="holdfast"'],
    ['two keys', 'Bearer key-orders, Bearer key-orders', 'Bearer realm="holdfast", error="invalid_token"'],
    ['a key no one made', 'Bearer unknown', 'Bearer realm="holdfast", error="invalid_token"'],
    ['a mistyped key', 'Bearer malformed', 'Bearer realm="holdfast", error="invalid_token"'],
    ['an expired key', 'Bearer expired', 'Bearer realm="holdfast", error="invalid_token"'],
    ['a revoked key', 'Bearer revoked', 'Bearer realm="holdfast", error="invalid_token"'],
  ])('%s is answered with 401 and how to do it', async (_what, header, challenge) => {
    const answer = await call('GET', '/v1/orders/order-1', header === undefined ? {} : { Authorization: header });
    expect(answer).toMatchObject({ status: 401, body: { status: 401, code: 'unauthorized' } });
    expect(answer.headers.get('www-authenticate')).toBe(challenge);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
    expect(answer.body.request_id).toEqual(expect.any(String));
  });

  test('a key in the URL does not count', async () => {
    expect(await call('GET', '/v1/orders/order-1?access_token=key-admin')).toMatchObject({ status: 401 });
  });

  test.each([
    ['GET', '/v1/nothing'],
    ['DELETE', '/v1/orders/order-1'],
    ['POST', '/openapi.json'],
  ])('%s %s does not tell whether it is there', async (method, path) => {
    expect(await call(method, path)).toMatchObject({ status: 401 });
  });

  test('a gateway event is passed on to the check of its signature', async () => {
    expect(await call('POST', '/webhooks/payments/other')).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });
});

describe('with a good key', () => {
  test('the scheme may be written in any case', async () => {
    const answer = await call('GET', '/v1/orders/order-1', { Authorization: 'bearer  key-orders' });
    expect(answer).toMatchObject({ status: 404, body: { code: 'not-found' } });
  });

  test('what is not there is 404, and a method that is not there 405', async () => {
    expect(await call('GET', '/v1/nothing', as('key-catalog'))).toMatchObject({ status: 404 });
    expect(await call('DELETE', '/v1/orders/order-1', as('key-catalog'))).toMatchObject({ status: 405 });
  });

  test.each([
    ['GET', '/v1/orders/order-1', 'orders', 'catalog.operations'],
    ['HEAD', '/v1/orders/order-1', 'orders', 'catalog.operations'],
    ['POST', '/v1/orders', 'orders', 'catalog.operations'],
    ['POST', '/v1/orders/order-1/refunds', 'orders', 'catalog.operations'],
    ['POST', '/v1/orders/order-1/review', 'operations', 'orders.catalog'],
    ['GET', '/v1/dead-letters', 'operations', 'orders.catalog'],
    ['POST', '/v1/products/pen/stock-adjustments', 'catalog', 'orders.operations'],
  ])('%s %s wants the scope %s, and names it to who lacks it', async (method, path, scope, others) => {
    const refused = await call(method, path, as(`key-${others}`));
    expect(refused.status).toBe(403);
    expect(refused.headers.get('www-authenticate')).toBe(
      `Bearer realm="holdfast", error="insufficient_scope", scope="${scope}"`,
    );
    if (method !== 'HEAD') {
      expect(refused.body).toMatchObject({ code: 'insufficient-scope', required_scope: scope });
      expect(refused.body.detail).toContain(`"${scope}"`);
    }
    for (const key of [`key-${scope}`, 'key-admin']) {
      expect([401, 403]).not.toContain((await call(method, path, as(key))).status);
    }
  });
});

describe('what a public route shows to some', () => {
  test.each(['include=inactive', '%69nclude=inactive', 'limit=1&include=inactive', 'include=', 'include'])(
    'wants a key with its scope, however it is spelt: ?%s',
    async (query) => {
      for (const method of ['GET', 'HEAD']) {
        expect(await call(method, `/v1/products?${query}`)).toMatchObject({ status: 401 });
        expect(await call(method, `/v1/products?${query}`, as('key-orders'))).toMatchObject({ status: 403 });
      }
      expect([401, 403]).not.toContain((await call('GET', `/v1/products?${query}`, as('key-catalog'))).status);
    },
  );
});

describe('a route without a scope', () => {
  test('is for keys with the scope admin alone', async () => {
    const { app, as: bearer } = openGuarded();
    app.get('/v1/new', (c) => c.text('new'));
    expect((await app.request('/v1/new')).status).toBe(401);
    expect((await app.request('/v1/new', { headers: bearer('key-orders.catalog.operations') })).status).toBe(403);
    expect((await app.request('/v1/new', { headers: bearer('key-admin') })).status).toBe(200);
  });
});

test('while keys cannot be checked the answer is 503, not 401', async () => {
  const verify = async () => {
    throw new Unavailable('database', new Error('connect ECONNREFUSED'));
  };
  const { call: ask, as: bearer } = openGuarded({ verifier: { verify } });
  const answer = await ask('GET', '/v1/orders/order-1', bearer('key-orders'));
  expect(answer).toMatchObject({ status: 503, body: { code: 'unavailable', dependency: 'database' } });
});

test('refusals are logged without the key, and at most once a second with how many there were', async () => {
  const clock = jest.spyOn(performance, 'now').mockReturnValue(5_000);
  const { call: ask, as: bearer, lines } = openGuarded();
  for (let i = 0; i < 50; i += 1) await ask('GET', '/v1/orders/order-1', bearer('secret-that-is-no-key'));
  clock.mockReturnValue(6_000);
  for (let i = 0; i < 2; i += 1) await ask('GET', '/v1/orders/order-1', bearer('secret-that-is-no-key'));
  const refused = (times: number) => ({
    fields: expect.objectContaining({ why: 'unknown', times }),
    message: 'an API key was refused',
  });
  expect(lines).toEqual([refused(1), refused(50)]);
  expect(lines[0]?.fields).toHaveProperty('request_id');
  expect(JSON.stringify(lines)).not.toContain('secret-that-is-no-key');
});
