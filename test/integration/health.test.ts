import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { aCheckout, createShop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

const SOON_MS = 3_000;
const BACK_MS = 20_000;

let stack: Stack;
let holdfast: HoldfastProcess;
const lines: Record<string, TcpProxy> = {};
beforeAll(async () => {
  stack = await startStack();
  const databaseUrl = new URL(stack.databaseUrl);
  const database = (lines['database'] = await startTcpProxy(databaseUrl.host));
  const temporal = (lines['temporal'] = await startTcpProxy(stack.temporalAddress));
  holdfast = await stack.serve('api,worker', {
    DATABASE_URL: Object.assign(databaseUrl, { host: database.address }).href,
    TEMPORAL_ADDRESS: temporal.address,
  });
});
afterAll(async () => {
  await stack?.close();
  await Promise.all(Object.values(lines).map((line) => line.close()));
});

async function ask(path: string, method = 'GET', of = holdfast) {
  const began = Date.now();
  const response = await fetch(`${of.internalUrl}${path}`, { method, signal: AbortSignal.timeout(10_000) });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : JSON.parse(text), ms: Date.now() - began };
}

async function until(status: number, ms: number) {
  const deadline = Date.now() + ms;
  let answer = await ask('/readyz');
  while (answer.status !== status && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    answer = await ask('/readyz');
  }
  return answer;
}

test('with all dependencies the process is alive and ready, even for HEAD requests', async () => {
  expect(await ask('/healthz')).toMatchObject({ status: 200, body: { status: 'ok' } });
  const parts = { database: 'ok', temporal: 'ok', worker: 'ok' };
  expect(await ask('/readyz')).toMatchObject({ status: 200, body: { status: 'ready', parts } });
  expect(await ask('/readyz', 'HEAD')).toMatchObject({ status: 200, body: undefined });
});

describe.each(['database', 'temporal'])('without %s', (name) => {
  test.each(['cut', 'stall'] as const)(
    '(a line that is %s) it is soon not ready, and ready when that is back',
    async (how) => {
      expect(await until(200, BACK_MS)).toMatchObject({ status: 200 });
      lines[name]?.[how]();
      const answer = await until(503, SOON_MS);
      expect(answer).toMatchObject({ status: 503, body: { status: 'not ready', parts: { worker: 'ok' } } });
      const { [name]: lost, ...others } = answer.body.parts;
      expect(['away', 'no answer']).toContain(lost);
      expect(others).toEqual(name === 'database' ? { temporal: 'ok', worker: 'ok' } : { database: 'ok', worker: 'ok' });

      const many = await Promise.all(Array.from({ length: 50 }, () => ask('/readyz')));
      expect(new Set(many.map(({ status }) => status))).toEqual(new Set([503]));
      expect(Math.max(...many.map(({ ms }) => ms))).toBeLessThan(SOON_MS);
      expect(await ask('/healthz')).toMatchObject({ status: 200 });

      lines[name]?.heal();
      expect(await until(200, BACK_MS)).toMatchObject({ status: 200, body: { status: 'ready' } });
    },
  );
});

test('and after all that the worker still works', async () => {
  const { body } = await createShop(holdfast.url).post(aCheckout(), { Prefer: 'wait=20' });
  expect(body.status).toBe('confirmed');
});

test('a stop is reported before anything ends: requests continue during the delay, then the open ones are answered', async () => {
  const stopped = await stack.serve('api,worker', { DRAIN_DELAY_MS: '1500' });
  const shop = createShop(stopped.url);
  const checkout = aCheckout({}, 'pm_slow_3000');
  const waiting = shop.post(checkout, { Prefer: 'wait=20' });
  await new Promise((resolve) => setTimeout(resolve, 300));

  const began = Date.now();
  stopped.kill('SIGTERM');
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(await ask('/readyz', 'GET', stopped)).toMatchObject({ status: 503, body: { status: 'draining' } });
  expect((await shop.get(checkout.order_id)).status).toBe(200);
  expect((await shop.post(aCheckout())).status).toBe(202);

  // The delay is over: nothing new is taken, but what is open goes on, and the probes still get an answer.
  while (!stopped.output().includes('"part":"streams"')) await new Promise((resolve) => setTimeout(resolve, 20));
  expect(Date.now() - began).toBeGreaterThan(1_400);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await expect(fetch(`${stopped.url}/v1/orders/${checkout.order_id}`)).rejects.toThrow();
  expect(await ask('/readyz', 'GET', stopped)).toMatchObject({ status: 503, body: { status: 'draining' } });
  expect(await ask('/healthz', 'GET', stopped)).toMatchObject({ status: 200 });

  const answer = await waiting;
  expect(answer).toMatchObject({ status: 201, body: { status: 'confirmed' } });
  expect(answer.headers.get('connection')).toBe('close');
  expect(await stopped.exited).toBe(0);
  expect(Date.now() - began).toBeLessThan(15_000);
});
