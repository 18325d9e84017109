import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { createPace } from '../../../../src/api/load/adaptive-limit.js';
import { createOrderGate } from '../../../../src/api/load/load-shedder.js';
import { serveHttp, type HttpServer } from '../../../../src/api/serving/serve-http.js';

const arrived: string[] = [];
const cut: string[] = [];
const entered: string[] = [];
const endings: (() => void)[] = [];
let server: HttpServer;
beforeAll(async () => {
  const gate = createOrderGate({
    pace: createPace({ most: 1, targetMs: 60_000 }),
    burst: 10,
    burstWaitMs: 20_000,
    openOrders: 1_000,
    begun: async () => [],
    countOpen: async () => 0,
    log: { warn: () => {}, error: () => {} },
  });
  const app = new Hono();
  app.post('/:name', async (c) => {
    arrived.push(c.req.param('name'));
    c.req.raw.signal.addEventListener('abort', () => cut.push(c.req.param('name')));
    const ticket = await gate.enter(() => c.req.raw.signal);
    entered.push(`${c.req.param('name')} ${await c.req.text()}`);
    await new Promise<void>((resolve) => endings.push(resolve));
    ticket.leave();
    return c.text('done');
  });
  app.onError((_error, c) => c.text('refused', 503));
  server = await serveHttp(app, { host: '127.0.0.1', port: 0, variable: 'PORT' });
});
afterAll(async () => server.close(0));

test('a waiting client that closes its connection takes no place, and the body of the next one is read', async () => {
  const hangUp = new AbortController();
  const post = async (name: string, init: RequestInit = {}) => {
    const answer = fetch(`http://127.0.0.1:${server.port}/${name}`, { method: 'POST', body: 'order', ...init });
    while (!arrived.includes(name)) await Promise.race([sleep(5), answer.catch(() => {})]);
    return { answer };
  };
  const first = await post('first');
  const waiting = await post('waiting');
  const gone = await post('gone', { signal: hangUp.signal });
  const isCut = expect(gone.answer).rejects.toThrow('abort');
  hangUp.abort();
  await isCut;
  while (endings.length === 0 || !cut.includes('gone')) await sleep(5);
  endings.shift()?.();
  expect((await first.answer).status).toBe(200);
  while (endings.length === 0) await sleep(5);
  endings.shift()?.();
  expect((await waiting.answer).status).toBe(200);
  expect(entered.slice(0, 2)).toEqual(['first order', 'waiting order']);
});
