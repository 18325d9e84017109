import { brotliCompressSync, gzipSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { checkout, MAX_BODY_BYTES, openShop, problem } from '../shop.js';

const json = JSON.stringify(checkout());
const send = (body: Uint8Array | string, coding: string) =>
  openShop().send(body as NonNullable<RequestInit['body']>, { 'content-encoding': coding });

describe('a compressed body', () => {
  test.each(['gzip', 'GZIP', 'x-gzip', 'gzip, identity', ' gzip '])('is read when its coding is %s', async (coding) => {
    expect(await send(gzipSync(json), coding)).toMatchObject({ status: 202, body: { id: 'order-1' } });
  });

  test.each(['identity', 'Identity', ''])('may be one that says it is not, as "%s"', async (coding) => {
    expect(await send(json, coding)).toMatchObject({ status: 202 });
  });

  test.each(['br', 'deflate', 'deflate, gzip', 'gzip, gzip', 'zstd', '*'])(
    'is refused as %s, and told why',
    async (coding) => {
      const answer = await send(brotliCompressSync(json), coding);
      expect(answer).toMatchObject(problem(415, 'unsupported-content-encoding'));
      expect(answer.headers.get('accept-encoding')).toBe('gzip, identity');
    },
  );

  test.each<[string, Uint8Array]>([
    ['is not compressed', new TextEncoder().encode(json)],
    ['ends early', gzipSync(json).subarray(0, -9)],
    ['was changed on its way', Uint8Array.from(gzipSync(json), (byte, at) => (at === 30 ? byte ^ 0xff : byte))],
    ['is no JSON', gzipSync('{"a":')],
    ['is empty', new Uint8Array()],
  ])('is refused when it %s', async (_what, body) => {
    expect(await send(body, 'gzip')).toMatchObject(problem(400, 'malformed-json'));
  });

  test('has the limit of what it was before: as much passes, and one byte more does not', async () => {
    const padded = (bytes: number) => gzipSync(json + ' '.repeat(bytes - json.length));
    expect(await send(padded(MAX_BODY_BYTES), 'gzip')).toMatchObject({ status: 202 });
    expect(await send(padded(MAX_BODY_BYTES + 1), 'gzip')).toMatchObject(problem(413, 'body-too-large'));
  });

  test('that would fill the memory is given up at the limit', async () => {
    const bomb = gzipSync(Buffer.alloc(50 * MAX_BODY_BYTES * 16));
    expect(bomb.length).toBeLessThan(MAX_BODY_BYTES);
    const before = process.memoryUsage().arrayBuffers;
    expect(await send(bomb, 'gzip')).toMatchObject(problem(413, 'body-too-large'));
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(8 * MAX_BODY_BYTES);
  });
});
