import { describe, expect, test } from '@jest/globals';
import { createInternalApp } from '../../../../src/api/serving/internal.js';
import type { Readiness } from '../../../../src/api/serving/readiness.js';

const SILENT = { warn: () => {}, error: () => {} };

function ask(path: string, readiness: Readiness = { status: 'draining' }, method = 'GET') {
  const metrics = async () => 'orders 1';
  const app = createInternalApp({ readiness: { read: async () => readiness }, metrics, log: SILENT });
  return app.request(path, { method });
}

describe('a process', () => {
  test('is alive while it drains, so that it is not killed', async () => {
    const answer = await ask('/healthz');
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({ status: 'ok' });
  });

  test.each<[number, Readiness]>([
    [200, { status: 'ready', parts: { database: 'ok' } }],
    [503, { status: 'not ready', parts: { database: 'away' } }],
    [503, { status: 'starting' }],
    [503, { status: 'draining' }],
  ])('answers %s with %j', async (status, readiness) => {
    const answer = await ask('/readyz', readiness);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toEqual(readiness);
  });

  test.each(['/healthz', '/readyz', '/metrics'])(
    'may be asked at %s without a body, and never from a cache',
    async (path) => {
      const [full, head] = [await ask(path), await ask(path, undefined, 'HEAD')];
      expect(head.status).toBe(full.status);
      expect(await head.text()).toBe('');
      expect([full, head].map(({ headers }) => headers.get('cache-control'))).toEqual(['no-store', 'no-store']);
    },
  );
});

test('the metrics are served as text that Prometheus reads', async () => {
  const response = await ask('/metrics');
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toBe('orders 1');
});

test('what is not there is a problem, as on the public port', async () => {
  const answer = await ask('/metricz');
  expect(answer.status).toBe(404);
  expect(await answer.json()).toMatchObject({ code: 'not-found', request_id: expect.stringMatching(/./) });
});

test('another method names those that there are', async () => {
  const answer = await ask('/metrics', undefined, 'POST');
  expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
  expect(await answer.json()).toMatchObject({ code: 'method-not-allowed' });
});

test('a fault is logged, and not revealed', async () => {
  const faults: unknown[] = [];
  const app = createInternalApp({
    readiness: { read: async () => ({ status: 'draining' }) },
    metrics: async () => Promise.reject(new Error('connect 10.0.0.7')),
    log: { ...SILENT, error: (fields) => faults.push(fields) },
  });
  const answer = await app.request('/metrics');
  const body: unknown = await answer.json();
  expect([answer.status, JSON.stringify(body)]).toEqual([500, expect.not.stringContaining('10.0.0.7')]);
  expect(faults).toMatchObject([{ request_id: (body as { request_id: string }).request_id, path: '/metrics' }]);
});
