import { once } from 'node:events';
import { createServer as createHttpServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createTcpServer } from 'node:net';
import type { Server, Socket } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { createSandboxGateway } from '../../../../../src/adapters/gateways/sandbox/gateway.js';

const calm = new AbortController().signal;
const servers: { server: Server; sockets: Set<Socket> }[] = [];

afterEach(async () => {
  await Promise.all(
    servers.splice(0).map(async ({ server, sockets }) => {
      for (const socket of sockets) socket.destroy();
      if (!server.listening) return;
      server.close();
      await once(server, 'close');
    }),
  );
});

async function listen(server: Server): Promise<string> {
  const sockets = new Set<Socket>();
  servers.push({ server, sockets });
  server.on('connection', (socket) => sockets.add(socket.on('error', () => {})));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return `http://127.0.0.1:${address.port}`;
}

function gatewayAt(baseUrl: string, timeoutMs = 5_000) {
  const gateway = createSandboxGateway({ baseUrl, timeoutMs, settlingTimeMs: 0 });
  const order = { orderId: 'o', amountMinor: 1_000, currency: 'EUR' };
  return {
    charge: (signal = calm) => gateway.charge({ key: 'k', ...order, method: 'pm_ok' }, signal),
    refund: (signal = calm) => gateway.refund({ key: 'r', chargeKey: 'k', ...order }, signal),
    lookup: (signal = calm) => gateway.lookup('k', signal),
  };
}

/** A provider that answers every request alike. */
async function answering(listener: RequestListener, timeoutMs?: number) {
  return gatewayAt(await listen(createHttpServer(listener)), timeoutMs);
}

/** A provider that answers with these bytes, or resets when there are none, as soon as it was asked. */
async function speaking(bytes: string | undefined) {
  const server = createTcpServer((socket) => {
    socket.once('data', () => (bytes === undefined ? socket.resetAndDestroy() : socket.end(bytes)));
  });
  return gatewayAt(await listen(server));
}

const charged = JSON.stringify({ id: 'ch_1', status: 'captured', amount_minor: 1_000, currency: 'EUR' });

test('a refused connection is not executed', async () => {
  const server = createTcpServer();
  const url = await listen(server);
  server.close();
  await once(server, 'close');
  const gateway = gatewayAt(url);
  const refused = { kind: 'not_executed', reason: 'ECONNREFUSED' };
  expect(await gateway.charge()).toEqual(refused);
  expect(await gateway.refund()).toEqual(refused);
  await expect(gateway.lookup()).rejects.toThrow('the payment sandbox cannot be asked: ECONNREFUSED');
});

test('a host with several addresses that all refuse is not executed', async () => {
  const server = createTcpServer();
  const { port } = new URL(await listen(server));
  server.close();
  await once(server, 'close');
  expect(await gatewayAt(`http://localhost:${port}`).charge()).toMatchObject({
    kind: 'not_executed',
    reason: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a host without an address is not executed', async () => {
  expect(await gatewayAt('http://sandbox.invalid').charge()).toMatchObject({ kind: 'not_executed' });
});

test.each([
  ['a reset', undefined],
  ['a connection closed without an answer', ''],
  ['an answer that is not HTTP', 'SSH-2.0-x\r\n\r\n'],
  ['half a header', 'HTTP/1.1 200 OK\r\nContent-Le'],
])('%s is ambiguous', async (_, bytes) => {
  const gateway = await speaking(bytes);
  expect(await gateway.charge()).toMatchObject({ kind: 'ambiguous' });
  expect(await gateway.refund()).toMatchObject({ kind: 'ambiguous' });
  await expect(gateway.lookup()).rejects.toThrow('cannot be asked');
});

test('a body cut short is ambiguous', async () => {
  const gateway = await speaking(`HTTP/1.1 200 OK\r\nContent-Length: ${charged.length}\r\n\r\n${charged.slice(0, 30)}`);
  expect(await gateway.charge()).toMatchObject({ kind: 'ambiguous' });
  await expect(gateway.lookup()).rejects.toThrow('cannot be asked');
});

test('a provider that never answers is ambiguous after the timeout', async () => {
  const gateway = await answering(() => {}, 60);
  const lost = { kind: 'ambiguous', reason: 'no answer within 60 ms' };
  expect(await gateway.charge()).toEqual(lost);
  expect(await gateway.refund()).toEqual(lost);
  await expect(gateway.lookup()).rejects.toThrow('no answer within 60 ms');
});

test('a body that never ends is ambiguous after the timeout', async () => {
  const gateway = await answering((_, response) => void response.write('{"id":'), 60);
  expect(await gateway.charge()).toMatchObject({ kind: 'ambiguous' });
});

test('a caller that gives up in flight leaves the charge ambiguous', async () => {
  const caller = new AbortController();
  const gateway = await answering(() => caller.abort());
  expect(await gateway.charge(caller.signal)).toMatchObject({ kind: 'ambiguous' });
});

test.each([
  ['HTML', '<html><body>OK</body></html>'],
  ['nothing', ''],
  ['an array', '[]'],
  ['an amount that is a string', charged.replace('1000', '"1000"')],
  ['a fraction of a cent', charged.replace('1000', '10.5')],
  ['no reference', charged.replace('"id":"ch_1",', '')],
  ['an unknown status', charged.replace('captured', 'fine')],
  ['a currency that is none', charged.replace('EUR', 'euro')],
  ['a decline', '{"status":"declined","code":"card_declined"}'],
])('200 with %s is ambiguous', async (_, body) => {
  const gateway = await answering((_request, response) => response.end(body));
  expect(await gateway.charge()).toEqual({
    kind: 'ambiguous',
    reason: "answered 200 with a body that is cut short or not the provider's",
  });
  expect(await gateway.refund()).toMatchObject({ kind: 'ambiguous' });
});

test.each([
  [64 * 1024, 'captured'],
  [64 * 1024 + 1, 'ambiguous'],
  [100 * 1024, 'ambiguous'],
])('an answer of %d bytes is %s', async (length, kind) => {
  const gateway = await answering((_, response) => response.end(charged.padEnd(length)));
  expect(await gateway.charge()).toMatchObject({ kind });
});

test.each([301, 302, 303, 307, 308])('a redirect with %d is not followed, and ambiguous', async (status) => {
  const asked: (string | undefined)[] = [];
  const gateway = await answering((request, response) => {
    asked.push(request.url);
    response.writeHead(request.url === '/elsewhere' ? 200 : status, { location: '/elsewhere' }).end(charged);
  });
  expect(await gateway.charge()).toEqual({ kind: 'ambiguous', reason: `answered ${status}` });
  await expect(gateway.lookup()).rejects.toThrow(`answered ${status}`);
  expect(asked).not.toContain('/elsewhere');
});

test.each([
  [400, 'declined', 'refused'],
  [401, 'not_executed', 'not_executed'],
  [402, 'ambiguous', 'ambiguous'],
  [403, 'not_executed', 'not_executed'],
  [404, 'not_executed', 'not_executed'],
  [405, 'not_executed', 'not_executed'],
  [408, 'ambiguous', 'ambiguous'],
  [409, 'ambiguous', 'refused'],
  [413, 'declined', 'refused'],
  [415, 'declined', 'refused'],
  [422, 'declined', 'refused'],
  [429, 'not_executed', 'not_executed'],
  [500, 'ambiguous', 'ambiguous'],
  [501, 'ambiguous', 'ambiguous'],
  [502, 'ambiguous', 'ambiguous'],
  [503, 'not_executed', 'not_executed'],
  [504, 'ambiguous', 'ambiguous'],
])(
  "the provider's %d is %s for a charge, %s for a refund, and no answer to a lookup",
  async (status, charge, refund) => {
    const gateway = await answering((_, response) => response.writeHead(status).end('{"code":"some_code"}'));
    expect(await gateway.charge()).toMatchObject({ kind: charge });
    expect(await gateway.refund()).toMatchObject({ kind: refund });
    await expect(gateway.lookup()).rejects.toThrow(`answered ${status} some_code`);
  },
);

test.each([
  [400, 'not_executed'],
  [402, 'ambiguous'],
  [404, 'not_executed'],
  [409, 'ambiguous'],
  [422, 'not_executed'],
  [502, 'ambiguous'],
  [503, 'not_executed'],
])("a %d that is not the provider's own is %s", async (status, kind) => {
  const gateway = await answering((_, response) => response.writeHead(status).end('<html>'));
  expect(await gateway.charge()).toMatchObject({ kind });
  expect(await gateway.refund()).toMatchObject({ kind });
  await expect(gateway.lookup()).rejects.toThrow(`answered ${status}`);
});

test.each([
  ['2', 2_000],
  ['0', 0],
  ['999999', 3_600_000],
  ['Thu, 01 Jan 1970 00:00:00 GMT', 0],
  ['Fri, 01 Jan 2100 00:00:00 GMT', 3_600_000],
])('Retry-After: %s is %d ms, for 429 and 503', async (header, retryAfterMs) => {
  for (const status of [429, 503]) {
    const gateway = await answering((_, response) => response.writeHead(status, { 'retry-after': header }).end());
    expect(await gateway.charge()).toEqual({ kind: 'not_executed', reason: `answered ${status}`, retryAfterMs });
  }
});

test('a Retry-After that cannot be read is left out', async () => {
  const gateway = await answering((_, response) => response.writeHead(503, { 'retry-after': 'soon' }).end());
  expect(await gateway.charge()).toEqual({ kind: 'not_executed', reason: 'answered 503' });
});

test('a lookup believes neither an odd success nor half a charge', async () => {
  for (const [status, body] of [
    [201, charged],
    [200, '{"status":"captured"}'],
    [200, '{"code":"not_found"}'],
  ] as const) {
    const gateway = await answering((_, response) => response.writeHead(status).end(body));
    await expect(gateway.lookup()).rejects.toThrow('cannot be asked');
  }
});
