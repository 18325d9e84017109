import { Agent, get } from 'node:http';
import { expect, test } from '@jest/globals';
import { Hono } from 'hono';
import { serveHttp } from '../../../src/api/serve-http.js';
import { freePort } from '../../support/holdfast-process.js';

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
