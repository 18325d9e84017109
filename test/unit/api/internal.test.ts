import { describe, expect, test } from '@jest/globals';
import { createInternalApp } from '../../../src/api/internal.js';

const works = async (): Promise<void> => {};
const fails = async (): Promise<void> => {
  throw new Error('connect ECONNREFUSED 10.0.0.7:5432');
};

async function ask(path: string, checks: Record<string, () => Promise<void>>, draining = false) {
  const response = await createInternalApp({
    checks,
    isDraining: () => draining,
    metrics: async () => 'orders 1',
  }).request(path);
  const text = await response.text();
  return { status: response.status, body: JSON.parse(text) as unknown, text };
}

describe('a process', () => {
  test('is alive whatever is away', async () => {
    expect(await ask('/healthz', { database: fails })).toMatchObject({ status: 200 });
  });

  test('is alive while it drains, so that nobody kills it', async () => {
    expect(await ask('/healthz', {}, true)).toMatchObject({ status: 200 });
  });

  test('is ready when every part answers', async () => {
    const body = { status: 'ready', parts: { database: 'ok', temporal: 'ok' } };
    expect(await ask('/readyz', { database: works, temporal: works })).toMatchObject({ status: 200, body });
  });

  test('is not ready when a part is away, and tells which, but not where it is', async () => {
    const answer = await ask('/readyz', { database: works, temporal: fails });
    expect(answer).toMatchObject({ status: 503, body: { parts: { database: 'ok', temporal: 'away' } } });
    expect(answer.text).not.toContain('10.0.0.7');
  });

  test('is not ready once it drains, and asks nobody any more', async () => {
    let asked = 0;
    const answer = await ask('/readyz', { database: async () => void (asked += 1) }, true);
    expect(answer).toMatchObject({ status: 503, body: { status: 'draining' } });
    expect(asked).toBe(0);
  });
});

test('the metrics are served as text that Prometheus reads', async () => {
  const app = createInternalApp({ checks: {}, isDraining: () => false, metrics: async () => 'orders 1' });
  const response = await app.request('/metrics');
  expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
  expect(await response.text()).toBe('orders 1');
});

test('what is not there is a problem, as on the public port', async () => {
  const answer = await ask('/metricz', {});
  expect(answer).toMatchObject({ status: 404, body: { code: 'not-found', request_id: expect.stringMatching(/./) } });
});
