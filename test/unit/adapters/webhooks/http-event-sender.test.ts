import { once } from 'node:events';
import type { Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { Webhook } from 'standardwebhooks';
import type { EventSenderSettings } from '../../../../src/adapters/webhooks/http-event-sender.js';
import { LOOPBACK_TLS } from '../../../support/loopback-certificate.js';
import { openReceiver, type Received } from '../../../support/receiver.js';
import { openSender, rawServer, receiver } from './receivers.js';

const secretOf = (byte: number) => `whsec_${Buffer.alloc(32, byte).toString('base64')}`;
const [OLD, NEW] = [secretOf(1), secretOf(2)];
const BODY = '{"type":"order.confirmed","data":{"note":"für Ünal ✓"}}';

function sender(settings: Partial<EventSenderSettings> = {}) {
  const made = openSender(settings);
  return (url: string, { secrets = [NEW], timeoutMs = 2_000, signal = new AbortController().signal } = {}) =>
    made.send({ messageId: 'msg_1', url, secrets, body: BODY }, { timeoutMs, signal });
}

const at = (port: number, path = '/hooks?a=b#fragment') => `http://127.0.0.1:${port}${path}`;

describe('what is sent', () => {
  test('posts the unchanged body, with the headers of Standard Webhooks and no others', async () => {
    const { port, received } = await receiver();
    expect(await sender()(at(port))).toEqual({ kind: 'accepted', statusCode: 200, latencyMs: expect.any(Number) });
    expect(received).toEqual([
      {
        method: 'POST',
        path: '/hooks?a=b',
        body: BODY,
        headers: {
          host: `127.0.0.1:${port}`,
          connection: 'keep-alive',
          'content-type': 'application/json',
          'content-length': `${Buffer.byteLength(BODY)}`,
          'user-agent': 'Holdfast-Webhooks/1.0',
          'webhook-id': 'msg_1',
          'webhook-timestamp': expect.stringMatching(/^\d{10}$/),
          'webhook-signature': expect.stringMatching(/^v1,[A-Za-z0-9+/=]{44}$/),
        },
      },
    ]);
  });

  test('is signed by every secret, so that each of them verifies it, and no other does', async () => {
    const { port, received } = await receiver();
    await sender()(at(port), { secrets: [OLD, NEW] });
    const { body, headers }: Pick<Received, 'body' | 'headers'> = received[0] ?? { body: '', headers: {} };
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
    for (const secret of [OLD, NEW]) expect(new Webhook(secret).verify(body, headers)).toEqual(JSON.parse(BODY));
    expect(() => new Webhook(secretOf(3)).verify(body, headers)).toThrow();
    expect(() => new Webhook(NEW).verify(body.replace('confirmed', 'failed'), headers)).toThrow();
  });

  test('has the same id and a new timestamp with each try', async () => {
    const { port, received } = await receiver();
    const send = sender();
    await send(at(port));
    await pause(1_100);
    await send(at(port));
    const [first, second] = received.map(({ headers }) => headers);
    expect(second?.['webhook-id']).toBe(first?.['webhook-id']);
    expect(Number(second?.['webhook-timestamp'])).toBeGreaterThan(Number(first?.['webhook-timestamp']));
  });

  test.each([
    ['no secret', []],
    ['a secret that is none', ['whsec_hunter2!']],
  ])('is nothing with %s, which is not repeated', async (_what, secrets) => {
    const { port, connections } = await receiver();
    const error = await sender()(at(port), { secrets }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(Error);
    expect(String(error)).not.toContain('hunter2');
    expect(connections()).toBe(0);
  });

  test('goes over TLS to a receiver whose certificate is trusted, and to no other', async () => {
    const { port, received } = await receiver(undefined, { tls: true });
    const resolve = async () => [{ address: '127.0.0.1', family: 4 }];
    const url = `https://receiver.test:${port}/`;
    expect(await sender({ ca: LOOPBACK_TLS.cert, resolve })(url)).toMatchObject({ kind: 'accepted' });
    expect(received).toHaveLength(1);
    const untrusted = await sender({ resolve })(url);
    expect(untrusted).toMatchObject({ kind: 'no_answer', detail: 'DEPTH_ZERO_SELF_SIGNED_CERT' });
    const otherName = await sender({ ca: LOOPBACK_TLS.cert, resolve })(`https://other.test:${port}/`);
    expect(otherName).toMatchObject({ kind: 'no_answer', detail: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    expect(received).toHaveLength(1);
  });
});

describe('the answer', () => {
  test.each([
    [200, 'accepted'],
    [204, 'accepted'],
    [299, 'accepted'],
    [304, 'refused'],
    [400, 'refused'],
    [404, 'refused'],
    [410, 'gone'],
    [429, 'refused'],
    [500, 'refused'],
    [503, 'refused'],
  ])('%d means %s', async (status, kind) => {
    const { port } = await receiver((response) => response.writeHead(status).end());
    expect(await sender()(at(port))).toMatchObject({ kind, statusCode: status });
  });

  test.each([
    ['120', 120_000],
    ['0', 0],
    ['999999999', 86_400_000],
    ['Wed, 21 Oct 2015 07:28:00 GMT', 0],
    ['soon', undefined],
    ['-5', undefined],
    ['1.5', undefined],
    ['2026-01-01', undefined],
  ])('says with "Retry-After: %s" how long to wait', async (header, expected) => {
    const { port } = await receiver((response) => response.writeHead(503, { 'Retry-After': header }).end());
    const answer = (await sender()(at(port))) as { retryAfterMs?: number };
    expect(answer.retryAfterMs).toBe(expected);
  });

  test('says with an HTTP date how long to wait', async () => {
    const date = new Date(Date.now() + 60_000).toUTCString();
    const { port } = await receiver((response) => response.writeHead(429, { 'Retry-After': date }).end());
    const { retryAfterMs } = (await sender()(at(port))) as { retryAfterMs?: number };
    expect(retryAfterMs).toBeGreaterThan(50_000);
    expect(retryAfterMs).toBeLessThanOrEqual(60_000);
  });

  test('leaves nothing behind of its reason and headers, nor of the signature', async () => {
    const { port, received } = await receiver((response) => {
      response.writeHead(500, 'a reason of hunter2', { 'X-Echo': 'hunter2' }).end('what it says');
    });
    const answer = await sender()(at(port));
    expect(received).toHaveLength(1);
    expect(JSON.stringify(answer)).not.toContain('hunter2');
    expect(JSON.stringify(answer)).not.toContain('v1,');
    expect(answer).toMatchObject({ kind: 'refused', response: 'what it says' });
  });

  test.each([
    ['cut after a kilobyte', 'x'.repeat(5_000), 'x'.repeat(1_024)],
    ['not cut within a character', `${'x'.repeat(1_023)}é`, 'x'.repeat(1_023)],
    ['rid of control characters', 'a\0b\u001b[31mc\td\r\n', 'a\uFFFDb\uFFFD[31mc\td\r\n'],
    ['text, whatever its bytes', Buffer.from([0x61, 0xff, 0x62]), 'a\uFFFDb'],
    ['not there when it is empty', '', undefined],
  ])('is kept as text: %s', async (_, body, expected) => {
    const { port } = await receiver((response) => response.writeHead(400).end(body));
    const answer = (await sender()(at(port))) as { response?: string };
    expect(answer.response).toBe(expected);
  });

  test('does not hold up the event when its body trickles in: what came in half a second is kept', async () => {
    const { port } = await receiver((response) => {
      response.writeHead(200).write('first');
      const drip = setInterval(() => response.write('.'), 5_000);
      response.on('close', () => clearInterval(drip));
    });
    const answer = await sender()(at(port), { timeoutMs: 10_000 });
    expect(answer).toMatchObject({ kind: 'accepted', response: 'first' });
    expect(answer.latencyMs).toBeLessThan(3_000);
  });

  test('counts by its status, no matter how much follows; the rest is not read', async () => {
    let written = 0;
    const { port } = await receiver((response) => {
      const write = () => {
        if (response.destroyed || written > 64_000_000) return;
        written += 65_536;
        response.write('x'.repeat(65_536), write);
      };
      write();
    });
    expect(await sender()(at(port))).toMatchObject({ kind: 'accepted' });
    await pause(200);
    expect(written).toBeLessThan(16_000_000);
  });

  test('that never ends is cut off at the deadline', async () => {
    const ended: Promise<unknown>[] = [];
    const { port } = await receiver((response) => {
      ended.push(once(response, 'close'));
      const drip = setInterval(() => response.write('.'), 20);
      response.on('close', () => clearInterval(drip));
    });
    expect(await sender()(at(port), { timeoutMs: 200 })).toMatchObject({ kind: 'accepted' });
    expect(await Promise.race([Promise.all(ended).then(() => 'cut'), pause(2_000, 'open', { ref: false })])).toBe(
      'cut',
    );
  });
});

describe('a receiver that does not answer', () => {
  test.each<[string, (socket: Socket) => void, string]>([
    ['says nothing', () => {}, 'no answer in time'],
    ['says its status letter by letter', (socket) => drip(socket, 'HTTP/1.1 200 OK\r\nX-A: '), 'no answer in time'],
    ['hangs up', (socket) => socket.on('data', () => socket.destroy()), 'ECONNRESET'],
    ['speaks something else', (socket) => socket.on('data', () => socket.end('220 smtp ready\r\n')), 'HPE_'],
  ])('because it %s gets no more than its time', async (_how, behave, detail) => {
    const port = await rawServer(behave);
    const started = performance.now();
    const answer = await sender()(at(port), { timeoutMs: 200 });
    expect(answer).toMatchObject({ kind: 'no_answer', detail: expect.stringContaining(detail) });
    expect(performance.now() - started).toBeLessThan(1_500);
  });

  test('because it switches protocols has not answered, and is let go', async () => {
    const ended: Promise<unknown>[] = [];
    const port = await rawServer((socket) => {
      // `once` would take a reset for a failure.
      ended.push(new Promise((resolve) => socket.once('close', resolve)));
      socket.resume().write('HTTP/1.1 101 Switching\r\nConnection: upgrade\r\nUpgrade: a\r\n\r\n');
    });
    expect(await sender()(at(port), { timeoutMs: 200 })).toMatchObject({ kind: 'no_answer' });
    expect(await Promise.race([Promise.all(ended).then(() => 'let go'), pause(2_000, 'held', { ref: false })])).toBe(
      'let go',
    );
  });

  test('because nothing listens is reported as such', async () => {
    const { port, close } = await openReceiver();
    await close();
    expect(await sender()(at(port))).toMatchObject({ kind: 'no_answer', detail: 'ECONNREFUSED' });
  });

  test('because its name does not exist or cannot be resolved is reported in time', async () => {
    const missing = async () => Promise.reject(Object.assign(new Error('no'), { code: 'ENOTFOUND' }));
    expect(await sender({ resolve: missing })('https://shop.example/')).toMatchObject({ detail: 'ENOTFOUND' });
    expect(await sender({ resolve: async () => [] })('https://shop.example/')).toMatchObject({ detail: 'ENOTFOUND' });
    const silent = sender({ resolve: () => new Promise(() => {}) });
    expect(await silent('https://shop.example/', { timeoutMs: 100 })).toMatchObject({
      kind: 'no_answer',
      detail: 'no answer in time',
    });
  });

  test('is given up when its signal aborts, before or meanwhile', async () => {
    const port = await rawServer(() => {});
    const send = sender();
    const [late, early] = [new AbortController(), AbortSignal.abort()];
    setTimeout(() => late.abort(), 50);
    expect(await send(at(port), { signal: late.signal })).toMatchObject({
      kind: 'no_answer',
      detail: 'given up while waiting for the answer',
    });
    expect(await send(at(port), { signal: early })).toMatchObject({ detail: 'given up before anything was sent' });
  });
});

describe('connections', () => {
  test('are kept from one message to the next', async () => {
    const { port, connections, received } = await receiver((response) => response.end('thanks'));
    const send = sender();
    for (let sent = 0; sent < 5; sent += 1) await send(at(port));
    expect([received.length, connections()]).toEqual([5, 1]);
  });

  test('that the receiver closed as they were used again are replaced, and the message sent once more', async () => {
    let connections = 0;
    const port = await rawServer((socket) => {
      connections += 1;
      let requests = 0;
      socket.on('data', () => {
        requests += 1;
        if (requests > 1) socket.resetAndDestroy();
        else socket.write('HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n');
      });
    });
    const send = sender();
    expect(await send(at(port))).toMatchObject({ kind: 'accepted' });
    expect(await send(at(port))).toMatchObject({ kind: 'accepted' });
    expect(connections).toBe(2);
  });
});

function drip(socket: Socket, text: string): void {
  let sent = 0;
  const timer = setInterval(() => socket.write(text[sent++] ?? 'a'), 20);
  socket.on('close', () => clearInterval(timer));
}
