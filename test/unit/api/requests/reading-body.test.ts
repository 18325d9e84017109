import { describe, expect, test } from '@jest/globals';
import { checkout, MAX_BODY_BYTES, openShop, problem } from '../shop.js';

const json = JSON.stringify(checkout());
const utf8 = (text: string) => new TextEncoder().encode(text);

describe('a body that is not JSON', () => {
  test.each<[string, NonNullable<RequestInit['body']>]>([
    ['ends early', json.slice(0, -1)],
    ['goes on after its end', `${json}}`],
    ['is JavaScript', "{order_id: 'order-1'}"],
    ['is a number that JSON has not', '{"total_minor": NaN}'],
    ['is empty', ''],
    ['is blank', ' \n'],
    ['is not UTF-8', Uint8Array.from([...utf8('{"customer_id":"'), 0xff, 0xfe, ...utf8('"}')])],
    ['is UTF-8 that was cut', Uint8Array.from([...utf8('{"customer_id":"'), 0xc3])],
    ['is UTF-16', Buffer.from(json, 'utf16le')],
  ])('is refused when it %s', async (_why, body) => {
    const shop = openShop();
    expect(await shop.send(body)).toMatchObject(problem(400, 'malformed-json'));
    expect(shop.calls).toEqual([]);
  });

  test('is refused when there is none', async () => {
    const headers = { 'content-type': 'application/json' };
    const answer = await openShop().ask('/v1/orders', { method: 'POST', headers });
    expect(answer).toMatchObject(problem(400, 'malformed-json'));
  });

  test('is refused without quoting it', async () => {
    const answer = await openShop().send('{"customer_id": "secret-of-the-customer');
    expect(answer.text).not.toContain('secret-of');
  });
});

describe('a body that is JSON', () => {
  test('may have names in any script', async () => {
    const answer = await openShop().post(checkout({ customer_id: 'Größe 東京 🖋' }));
    expect(answer).toMatchObject({ status: 202, body: { customer_id: 'Größe 東京 🖋' } });
  });

  test('may begin with a byte order mark', async () => {
    expect(await openShop().send(`\ufeff${json}`)).toMatchObject({ status: 202 });
  });

  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json; charset="utf-8"',
    'application/json; charset=utf8',
    'application/json;charset=UTF-8;',
    'application/json ; charset=utf-8',
    'application/json\t;charset=utf-8',
    'application/json; version=1',
    'application/json; odata.metadata=minimal; charset=utf-8; q="a;b"',
    ' application/json ',
  ])('may be declared as %s', async (type) => {
    expect(await openShop().send(json, { 'content-type': type })).toMatchObject({ status: 202 });
  });
});

describe('a body that is declared as something else', () => {
  test.each([
    'text/plain',
    'text/json',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
    'application/jsonp',
    'application/octet-stream',
    'application/json; charset=utf-16',
    'application/json; charset=iso-8859-1',
    'application/json, text/plain',
    'json',
  ])('is refused as %s', async (type) => {
    const shop = openShop();
    const answer = await shop.send(json, { 'content-type': type });
    expect(answer).toMatchObject(problem(415, 'unsupported-media-type'));
    expect(answer.headers.get('accept-post')).toBe('application/json');
    expect(shop.calls).toEqual([]);
  });

  test('is refused without a type', async () => {
    const answer = await openShop().ask('/v1/orders', { method: 'POST', body: utf8(json) });
    expect(answer).toMatchObject(problem(415, 'unsupported-media-type'));
  });

  test('names what a PATCH takes as well', async () => {
    const answer = await openShop().ask('/v1/products/pen', { method: 'PATCH', body: json });
    expect(answer).toMatchObject(problem(415, 'unsupported-media-type'));
    expect([answer.headers.get('accept-patch'), answer.headers.get('accept-post')]).toEqual(['application/json', null]);
  });
});

test.each(['application/vnd.shop.v2+json', 'application/x_shop+json'])(
  'a body is accepted or refused, but never a fault of ours, as %j',
  async (type) => {
    const { status } = await openShop().send(json, { 'content-type': type });
    expect([202, 415]).toContain(status);
  },
);

describe('a body that is too large', () => {
  const padded = (bytes: number) => json + ' '.repeat(bytes - json.length);

  test('is refused one byte above the limit and not at the limit', async () => {
    expect(await openShop().send(padded(MAX_BODY_BYTES))).toMatchObject({ status: 202 });
    const answer = await openShop().send(padded(MAX_BODY_BYTES + 1));
    expect(answer).toMatchObject(problem(413, 'body-too-large'));
    expect(answer.body['detail']).toContain(String(MAX_BODY_BYTES));
  });

  test('is refused by its declared length', async () => {
    const answer = await openShop().send(json, { 'content-length': String(MAX_BODY_BYTES + 1) });
    expect(answer).toMatchObject(problem(413, 'body-too-large'));
  });

  test('is refused when it comes in chunks without a length, before all of it was read', async () => {
    let chunks = 0;
    const endless = new ReadableStream<Uint8Array>({
      pull(controller) {
        chunks += 1;
        if (chunks > 1_000) controller.close();
        else controller.enqueue(utf8(' '.repeat(1_024)));
      },
    });
    expect(await openShop().send(endless)).toMatchObject(problem(413, 'body-too-large'));
    expect(chunks).toBeLessThan(100);
  });

  test('is refused when it is longer than its declared length', async () => {
    const answer = await openShop().send(padded(MAX_BODY_BYTES + 1), { 'content-length': '10' });
    expect(answer).toMatchObject(problem(413, 'body-too-large'));
  });

  test('is refused when it counts more bytes than characters', async () => {
    const answer = await openShop().post(checkout({ customer_id: 'ü'.repeat(MAX_BODY_BYTES / 2) }));
    expect(answer).toMatchObject(problem(413, 'body-too-large'));
  });
});

test('a body that comes in chunks within the limit is read whole', async () => {
  const bytes = utf8(json);
  const chunked = new ReadableStream<Uint8Array>({
    start(controller) {
      for (let at = 0; at < bytes.length; at += 7) controller.enqueue(bytes.subarray(at, at + 7));
      controller.close();
    },
  });
  expect(await openShop().send(chunked)).toMatchObject({ status: 202, body: { id: 'order-1' } });
});
