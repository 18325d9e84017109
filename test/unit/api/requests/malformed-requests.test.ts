import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Hono } from 'hono';
import type { AnsweredRequest } from '../../../../src/api/requests/request-observer.js';
import { PROBLEMS, type ProblemCode } from '../../../../src/api/requests/problems.js';
import { serveHttp, type HttpServer } from '../../../../src/api/serving/serve-http.js';
import { exchange } from '../../../support/raw-http.js';
import { openShop } from '../shop.js';

const HERE = { host: '127.0.0.1', port: 0, variable: 'PORT' };
const POST = 'POST /v1/orders HTTP/1.1\r\nHost: shop\r\nContent-Type: application/json\r\n';
const GET = 'GET /v1/orders/order-1 HTTP/1.1\r\nHost: shop\r\n';
const get = (target: string) => `GET ${target} HTTP/1.1\r\nHost: shop\r\n\r\n`;

/** Bytes that are no request which a route could answer. */
const REFUSED: [string, string, ProblemCode][] = [
  ['no HTTP at all', 'hello\r\n\r\n', 'malformed-request'],
  ['the greeting of TLS', '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', 'malformed-request'],
  ['a request line without a version', 'GET /\r\n\r\n', 'http-version-not-supported'],
  ['a method that is none', 'BREW /v1/orders HTTP/1.1\r\nHost: shop\r\n\r\n', 'method-not-implemented'],
  ['a method in small letters', 'get /v1/orders HTTP/1.1\r\nHost: shop\r\n\r\n', 'method-not-implemented'],
  ['a tunnel', 'CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\n\r\n', 'method-not-implemented'],
  ['an unknown version', 'GET / HTTP/3.7\r\nHost: shop\r\n\r\n', 'http-version-not-supported'],
  ['HTTP/2 in the clothes of HTTP/1', 'GET / HTTP/2.0\r\nHost: shop\r\n\r\n', 'http-version-not-supported'],
  ['the preface of HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'http-version-not-supported'],
  [
    'Content-Length twice, and not the same',
    `${POST}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
    'malformed-request',
  ],
  ['Content-Length twice', `${POST}Content-Length: 2\r\nContent-Length: 2\r\n\r\n{}`, 'malformed-request'],
  ['a Content-Length that is no number', `${POST}Content-Length: 0x2\r\n\r\n{}`, 'malformed-request'],
  ['two lengths', `${POST}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, 'malformed-request'],
  ['an unknown transfer coding', `${POST}Transfer-Encoding: gzip\r\n\r\n0\r\n\r\n`, 'malformed-request'],
  ['a chunk without a size', `${POST}Transfer-Encoding: chunked\r\n\r\nZZ\r\n\r\n`, 'malformed-request'],
  [
    'endless chunk extensions',
    `${POST}Transfer-Encoding: chunked\r\n\r\n2;${'a'.repeat(20_000)}\r\n`,
    'body-too-large',
  ],
  ['a header without a name', `${GET}: x\r\n\r\n`, 'malformed-request'],
  ['a header with a blank in its name', `${GET}X y: 1\r\n\r\n`, 'malformed-request'],
  ['a control character in a header', `${GET}X: \x01\r\n\r\n`, 'malformed-request'],
  ['headers of more than 8 KiB', `${GET}X: ${'a'.repeat(9_000)}\r\n\r\n`, 'headers-too-large'],
  ['a URL of more than 8 KiB', get(`/${'a'.repeat(9_000)}`), 'headers-too-large'],
  ['no Host', 'GET / HTTP/1.1\r\n\r\n', 'malformed-request'],
  ['two Hosts', 'GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n', 'malformed-request'],
  ['a Host that is none', 'GET / HTTP/1.1\r\nHost: a b\r\n\r\n', 'malformed-request'],
  ['a Host with a path', 'GET / HTTP/1.1\r\nHost: a/v1\r\n\r\n', 'malformed-request'],
  ['an unknown expectation', `${POST}Expect: miracles\r\nContent-Length: 2\r\n\r\n{}`, 'expectation-failed'],
  ['an incomplete escape', get('/v1/orders/%4'), 'malformed-url'],
  ['an escape that is none', get('/v1/orders/%zz'), 'malformed-url'],
  ['escapes that are not UTF-8', get('/v1/orders/%ff'), 'malformed-url'],
  ['escapes that are not UTF-8 in the query', get('/v1/orders?customer_id=%c3'), 'malformed-url'],
  ['a NUL in the query', get('/v1/orders?customer_id=%00'), 'malformed-url'],
  ['a backslash', get('/v1\\orders'), 'malformed-url'],
  ['bytes beyond ASCII in the URL', get('/v1/orders/\xc3\xa4'), 'malformed-request'],
  ['a whole URL that is none', get('http://[/'), 'malformed-url'],
  ['a whole URL with a user', get('http://ada:secret@shop/v1/orders'), 'malformed-url'],
  ['the server as a whole', 'OPTIONS * HTTP/1.1\r\nHost: shop\r\n\r\n', 'not-found'],
];

describe('a server that is sent', () => {
  const observed: AnsweredRequest[] = [];
  const shop = openShop();
  let server: HttpServer;
  beforeAll(async () => {
    server = await serveHttp(shop.app, { ...HERE, observe: (request) => observed.push(request) });
  });
  afterAll(() => server.close(0));

  test.each(REFUSED)('%s answers with a problem and closes', async (_what, bytes, code) => {
    const { answers, closed } = await exchange(server.port, bytes);
    expect(answers).toHaveLength(1);
    const [{ status, headers, text } = { status: 0, headers: {}, text: '' }] = answers;
    expect(status).toBe(PROBLEMS[code].status);
    expect(headers).toMatchObject({
      'content-type': 'application/problem+json',
      connection: 'close',
      'cache-control': 'no-store',
      'x-content-type-options': 'nosniff',
    });
    const body = JSON.parse(text) as Record<string, unknown>;
    expect(body).toEqual({
      type: `/docs/errors#${code}`,
      ...PROBLEMS[code],
      detail: expect.stringMatching(/connection was closed\.$/),
      code,
      request_id: headers['x-request-id'],
    });
    expect(closed).toBe(true);
    const refused = { method: 'other', route: 'refused', status, requestId: body['request_id'], error: { code } };
    expect(observed.at(-1)).toMatchObject(refused);
    expect(shop.calls).toEqual([]);
  });

  test('a method that this path has not names those that it has, HEAD with GET', async () => {
    const methods = ['PUT', 'OPTIONS', 'TRACE', 'PROPFIND', 'DELETE', 'QUERY'];
    const bytes = methods.map((method) => `${method} /v1/orders HTTP/1.1\r\nHost: shop\r\n\r\n`);
    for (const one of bytes) {
      const { answers, closed } = await exchange(server.port, one, 200);
      expect(answers).toMatchObject([{ status: 405, headers: { allow: 'POST, GET, HEAD' } }]);
      expect(JSON.parse(answers[0]?.text ?? '')).toMatchObject({ code: 'method-not-allowed' });
      expect(closed).toBe(false);
    }
  });

  test('HEAD gets the status and headers of the problem, without a body', async () => {
    const { answers } = await exchange(
      server.port,
      'HEAD /v1/orders/order-1/cancel HTTP/1.1\r\nHost: shop\r\n\r\n',
      200,
    );
    const headers = { allow: 'POST', 'content-type': 'application/problem+json' };
    expect(answers).toMatchObject([{ status: 405, headers, text: '' }]);
  });

  test('a request id of the client keeps it in what is refused', async () => {
    const { answers } = await exchange(server.port, `${POST}X-Request-Id: request-1\r\nExpect: x\r\n\r\n`);
    expect(answers[0]?.headers['x-request-id']).toBe('request-1');
  });

  test('HTTP/1.0 without a Host is answered', async () => {
    const { answers } = await exchange(server.port, 'GET /v1/nothing HTTP/1.0\r\n\r\n');
    expect(answers).toMatchObject([{ status: 404 }]);
  });
});

describe('what cannot be read after a good request', () => {
  let letThrough: () => void;
  let server: HttpServer;
  beforeAll(async () => {
    const app = new Hono();
    app.get('/slow', async (c) => {
      await new Promise<void>((resolve) => (letThrough = resolve));
      return c.text('the answer', 200, { 'Content-Length': '10' });
    });
    server = await serveHttp(app, HERE);
  });
  afterAll(() => server.close(0));

  test('is answered after that one, never in its place', async () => {
    const both = exchange(server.port, 'GET /slow HTTP/1.1\r\nHost: a\r\n\r\nhello\r\n\r\n', 2_000);
    await sleep(200);
    letThrough();
    const { answers, closed } = await both;
    expect(answers.map(({ status, text }) => [status, text.slice(0, 10)])).toEqual([
      [200, 'the answer'],
      [400, '{"type":"/'],
    ]);
    expect(closed).toBe(true);
  });

  test.each([
    ['a tunnel', 'CONNECT shop:443 HTTP/1.1\r\nHost: shop\r\n\r\n'],
    ['no HTTP', 'hello\r\n\r\n'],
  ])('does no harm when the client that sent %s resets the connection', async (_what, bytes) => {
    const socket = connect(server.port, '127.0.0.1');
    const both = `GET /slow HTTP/1.1\r\nHost: a\r\n\r\n${bytes}`;
    await new Promise((resolve) => socket.write(both, resolve));
    await sleep(200);
    socket.resetAndDestroy();
    await sleep(50);
    letThrough();
    const { answers } = await exchange(server.port, 'hello\r\n\r\n');
    expect(answers).toHaveLength(1);
  });

  test('is answered once, no matter how much of it arrives', async () => {
    const { answers } = await exchange(server.port, [
      'hello\r\n\r\n',
      ...Array.from({ length: 50 }, () => 'x'.repeat(1_000)),
    ]);
    expect(answers).toHaveLength(1);
  });
});
