import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { ANSWER_HEADERS } from '../../../../src/api/requests/answers.js';
import { boundRequests } from '../../../../src/api/load/in-flight.js';
import { Problem, problemResponse } from '../../../../src/api/requests/problems.js';
import { REQUEST_HEADERS } from '../../../../src/api/requests/header-docs.js';
import { openGuarded } from '../guarded.js';

describe('every answer', () => {
  test.each([
    ['that is one', 'GET', '/v1/dead-letters', 'key-operations', 200],
    ['that is a problem', 'GET', '/v1/orders/order-1', 'key-orders', 404],
    ['to who has no key', 'GET', '/v1/orders/order-1', 'unknown', 401],
  ])('%s tells browsers to do nothing with it', async (_what, method, path, key, status) => {
    const { call, as } = openGuarded();
    const { headers, ...answer } = await call(method, path, as(key));
    expect(answer.status).toBe(status);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-frame-options')).toBe('DENY');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; frame-ancestors 'none'/);
    expect(headers.get('x-powered-by')).toBeNull();
  });

  test('that is a page may load its own scripts, and one that has a policy keeps it', async () => {
    const { app } = openGuarded();
    app.get('/docs', (c) => c.html('<p>docs</p>'));
    app.get('/docs/*', (c) => c.html('<p>more</p>', 200, { 'Content-Security-Policy': "default-src 'self' data:" }));
    const [page, own] = [await app.request('/docs'), await app.request('/docs/more')];
    expect(page.headers.get('content-security-policy')).toMatch(
      /^default-src 'self'; style-src 'self' 'unsafe-inline'/,
    );
    expect(own.headers.get('content-security-policy')).toBe("default-src 'self' data:");
  });
});

describe('pages of other origins', () => {
  const preflight = { Origin: 'https://shop.example', 'Access-Control-Request-Method': 'POST' };

  test('may not call the API by default', async () => {
    const { call, as } = openGuarded();
    const asked = await call('OPTIONS', '/v1/orders', preflight);
    expect(asked.headers.get('access-control-allow-origin')).toBeNull();
    const read = await call('GET', '/v1/dead-letters', { ...as('key-operations'), Origin: 'https://shop.example' });
    expect(read.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('may when they are named, and others still may not', async () => {
    const { call } = openGuarded({ corsOrigins: ['https://shop.example'] });
    const asked = await call('OPTIONS', '/v1/orders', preflight);
    expect(asked.status).toBe(204);
    expect(asked.headers.get('access-control-allow-origin')).toBe('https://shop.example');
    expect(asked.headers.get('access-control-allow-headers')).toContain('Authorization');
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
    const other = await call('OPTIONS', '/v1/orders', { ...preflight, Origin: 'https://evil.example' });
    expect(other.headers.get('access-control-allow-origin')).toBeNull();
  });

  test('may send and read every header that the document of the API knows', async () => {
    const { app, call } = openGuarded({ corsOrigins: ['https://shop.example'] });
    const { headers } = await call('OPTIONS', '/v1/orders', preflight);
    const sent = headers.get('access-control-allow-headers')?.split(',');
    expect(sent).toEqual(expect.arrayContaining(Object.values(REQUEST_HEADERS).map(({ name }) => name)));
    const answer = await app.request('/v1/orders', { headers: { Origin: 'https://shop.example' } });
    const read = answer.headers.get('access-control-expose-headers')?.split(',');
    expect(read).toEqual(expect.arrayContaining(Object.keys(ANSWER_HEADERS)));
  });

  test('can read why they were refused', async () => {
    const { call } = openGuarded({ corsOrigins: ['https://shop.example'] });
    const refused = await call('GET', '/v1/orders/order-1', { Origin: 'https://shop.example' });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe('https://shop.example');
  });
});

test('a URL that is too long is refused before anything else', async () => {
  const { call } = openGuarded();
  const answer = await call('GET', `/v1/orders?cursor=${'a'.repeat(2_048)}`);
  expect(answer).toMatchObject({ status: 414, body: { code: 'uri-too-long' } });
});

test('headers by the hundred are refused', async () => {
  const { app } = openGuarded();
  const rawHeaders = Array.from({ length: 101 }, (_, i) => [`X-${i}`, 'x']).flat();
  const answer = await app.request('/v1/orders/order-1', {}, { incoming: { rawHeaders } });
  expect(answer.status).toBe(431);
});

describe('the requests that are worked on', () => {
  /** An app whose requests end when the test says so. */
  function open(most: number, { burst = 0, turn = false, timeoutMs = 10_000 } = {}) {
    const ends: (() => void)[] = [];
    const app = new Hono<{ Variables: { workedOn: () => void } }>();
    app.use(boundRequests({ most, burst, timeoutMs }));
    app.all('*', async (c) => {
      if (turn) c.get('workedOn')();
      await new Promise<void>((resolve) => ends.push(resolve));
      return c.text('done');
    });
    app.onError((error, c) => {
      if (error instanceof Problem) return problemResponse(c, error);
      throw error;
    });
    const ask = async (method: string, path: string) => {
      const response = await app.request(path, { method });
      return { status: response.status, headers: response.headers, text: await response.text() };
    };
    return { ask, endAll: () => ends.splice(0).forEach((end) => end()) };
  }

  test('are bounded: the next one gets 503 and when to come back, and later ones are let in again', async () => {
    const { ask, endAll } = open(5);
    const running = Array.from({ length: 5 }, () => ask('GET', '/v1/orders/a'));
    const refused = await ask('GET', '/v1/orders/a');
    expect(refused).toMatchObject({ status: 503 });
    expect(refused.text).toContain('"code":"overloaded"');
    expect(refused.headers.get('retry-after')).toMatch(/^[1-3]$/);
    endAll();
    expect((await Promise.all(running)).map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
    const again = ask('GET', '/v1/orders/a');
    await sleep(1);
    endAll();
    expect(await again).toMatchObject({ status: 200 });
  });

  test('are never all checkouts: reads, cancels and the messages of gateways get through', async () => {
    const { ask, endAll } = open(5);
    const running = Array.from({ length: 4 }, () => ask('POST', '/v1/orders'));
    expect(await ask('POST', '/v1/orders')).toMatchObject({ status: 503 });
    const others = [ask('GET', '/v1/orders/a'), ask('POST', '/webhooks/payments/sandbox')];
    expect(await ask('POST', '/v1/orders/a/cancel')).toMatchObject({ status: 503 });
    others.push(ask('POST', '/webhooks/payments/sandbox'));
    await sleep(1);
    endAll();
    expect((await Promise.all([...running, ...others])).every(({ status }) => status === 200)).toBe(true);
  });

  test('do not include the checkouts of a burst that wait for their turn', async () => {
    const { ask, endAll } = open(5, { burst: 10 });
    const waiting = Array.from({ length: 14 }, () => ask('POST', '/v1/orders'));
    expect(await ask('POST', '/v1/orders')).toMatchObject({ status: 503 });
    waiting.push(...Array.from({ length: 5 }, () => ask('GET', '/v1/orders/a')));
    await sleep(1);
    endAll();
    expect((await Promise.all(waiting)).every(({ status }) => status === 200)).toBe(true);
  });

  test('include the checkouts whose turn has come', async () => {
    const { ask, endAll } = open(5, { burst: 10, turn: true });
    const running = Array.from({ length: 5 }, () => ask('POST', '/v1/orders'));
    expect(await ask('GET', '/v1/orders/a')).toMatchObject({ status: 503 });
    await sleep(1);
    endAll();
    expect((await Promise.all(running)).every(({ status }) => status === 200)).toBe(true);
  });

  test('are bounded for gateways too, apart from those of clients', async () => {
    const { ask, endAll } = open(5);
    const running = Array.from({ length: 5 }, () => ask('POST', '/webhooks/payments/sandbox'));
    expect(await ask('POST', '/webhooks/payments/sandbox')).toMatchObject({ status: 503 });
    running.push(ask('POST', '/v1/orders'));
    await sleep(1);
    endAll();
    expect((await Promise.all(running)).every(({ status }) => status === 200)).toBe(true);
  });

  test('take no longer than they may', async () => {
    const { ask } = open(5, { timeoutMs: 20 });
    const late = await ask('GET', '/v1/orders/a');
    expect(late).toMatchObject({ status: 503 });
    expect(late.text).toContain('"code":"unavailable"');
  });
});
