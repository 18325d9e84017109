import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { aCheckout, createShop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());

async function bodyOf(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

/** A gateway that takes the charge, and whose answer never arrives: it calls `afterCharge` instead. */
async function startDeadlyGateway(target: string, afterCharge: () => void): Promise<{ server: Server; url: string }> {
  const server = createServer((request, response) => {
    void (async () => {
      const answer = await fetch(`${target}${request.url}`, {
        method: request.method ?? 'GET',
        headers: {
          'Content-Type': 'application/json',
          'Idempotency-Key': String(request.headers['idempotency-key'] ?? ''),
        },
        ...(request.method === 'POST' ? { body: await bodyOf(request) } : {}),
      });
      if (request.method === 'POST') return afterCharge();
      response.writeHead(answer.status, { 'Content-Type': 'application/json' }).end(await answer.text());
    })();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return { server, url: `http://127.0.0.1:${address.port}` };
}

test('a worker killed between the charge and its record leaves one charge and a confirmed order', async () => {
  const api = await stack.serve('api');
  const shop = createShop(api.url);
  const victim: { worker?: HoldfastProcess } = {};
  const gateway = await startDeadlyGateway(stack.sandboxUrl, () => victim.worker?.kill('SIGKILL'));
  try {
    const worker = await stack.serve('worker', { SANDBOX_URL: gateway.url });
    victim.worker = worker;
    const checkout = aCheckout();
    expect((await shop.post(checkout)).status).toBe(202);
    expect(await worker.exited).toBeNull();

    const charged = await stack.ledger(checkout.order_id);
    expect(charged).toHaveLength(1);
    expect((await shop.get(checkout.order_id)).body.status).toBe('reserved');

    await stack.serve('worker');
    await shop.until(checkout.order_id, ['confirmed'], 45_000);
    expect(await stack.ledger(checkout.order_id)).toEqual(charged);
  } finally {
    gateway.server.close();
    gateway.server.closeAllConnections();
  }
});

test('a worker that is stopped finishes its charge first, and leaves the rest to the next one', async () => {
  const shop = createShop((await stack.serve('api')).url);
  const first = await stack.serve('worker');
  const checkouts = Array.from({ length: 12 }, () => aCheckout({}, 'pm_slow_1500'));
  await Promise.all(checkouts.map((checkout) => shop.post(checkout)));
  await new Promise((resolve) => setTimeout(resolve, 500));
  expect(await first.stop()).toBe(0);

  await stack.serve('worker');
  for (const { order_id } of checkouts) {
    await shop.until(order_id, ['confirmed'], 45_000);
    expect(await stack.ledger(order_id)).toHaveLength(1);
  }
});
