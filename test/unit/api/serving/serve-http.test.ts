import { Agent, get } from 'node:http';
import { connect } from 'node:net';
import { expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { serveHttp } from '../../../../src/api/serving/serve-http.js';
import { freePort } from '../../../support/holdfast-process.js';

test('a server that closes answers what is open, and lets no client keep its connection', async () => {
  const port = await freePort();
  let begun = () => {};
  let answer = () => {};
  const asked = new Promise<void>((resolve) => (begun = resolve));
  const answered = new Promise<void>((resolve) => (answer = resolve));
  const app = new Hono().get('/slow', async (c) => {
    begun();
    await answered;
    return c.text('done');
  });
  const server = await serveHttp(app, { host: '127.0.0.1', port, variable: 'PORT' });
  const agent = new Agent({ keepAlive: true });
  const response = new Promise<{ connection: string | undefined; body: string }>((resolve, reject) => {
    get({ port, path: '/slow', agent }, (message) => {
      let body = '';
      message.on('data', (chunk) => (body += String(chunk)));
      message.on('end', () => resolve({ connection: message.headers.connection, body }));
    }).on('error', reject);
  });
  await asked;

  const began = Date.now();
  const closed = server.close(10_000);
  answer();
  expect(await response).toEqual({ connection: 'close', body: 'done' });
  await closed;
  expect(Date.now() - began).toBeLessThan(4_000);
  agent.destroy();
});

test('a client that does not read what it asked for is cut off, and one that waits for a slow answer is not', async () => {
  let isCut = () => {};
  const cut = new Promise<void>((resolve) => (isCut = resolve));
  const endless = () =>
    new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)), cancel: () => isCut() });
  const app = new Hono()
    .get('/endless', (c) => c.body(endless()))
    .get('/slow', async (c) => {
      await new Promise((resolve) => setTimeout(resolve, 300));
      return c.text('done');
    });
  // More than a busy machine may keep a request waiting.
  const server = await serveHttp(app, { host: '127.0.0.1', port: 0, variable: 'PORT', silenceMs: 5_000 });
  const socket = connect(server.port, '127.0.0.1').pause();
  socket.write('GET /endless HTTP/1.1\r\nHost: shop\r\n\r\n');
  // What a cut line does to a client differs.
  socket.on('error', () => {});
  expect(await (await fetch(`http://127.0.0.1:${server.port}/slow`)).text()).toBe('done');

  await cut;
  socket.destroy();
  await server.close(0);
});
