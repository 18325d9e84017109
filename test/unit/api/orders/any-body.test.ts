import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { checkout, MAX_BODY_BYTES, openShop, type Answer } from '../shop.js';

const oddKey = fc.constantFrom(
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  'then',
  'toJSON',
  '',
  '0',
  '/',
  '~',
);
const oddText = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.constantFrom('\0', '\ud800', '\ufeff', '\u2028', 'pen', 'EUR', 'a'.repeat(600)),
);
const oddNumber = fc.constantFrom(0, -0, -1, 1e308, Number.MAX_SAFE_INTEGER + 1, 2 ** 31, 1e-9, 0.1 + 0.2);
const leaf = fc.oneof(fc.jsonValue({ maxDepth: 3, noUnicodeString: false }), oddText, oddNumber);

const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { maxDepth: 6, depthSize: 'medium' },
    leaf,
    fc.array(tie('tree'), { maxLength: 5 }),
    fc.array(fc.tuple(fc.oneof(oddKey, fc.string()), tie('tree')), { maxLength: 5 }).map(Object.fromEntries),
  ),
}));

/** A good checkout with one part of it replaced, wherever it is. */
const spoiled = fc
  .tuple(
    fc.constantFrom(
      ...placesOf(checkout({ total_minor: 10_790, customer_email: 'ada@example.com', metadata: { gift: 'yes' } })),
    ),
    tree,
  )
  .map(([replace, value]) => replace(value));

const nested = fc
  .tuple(
    fc.integer({ min: 1, max: 10_000 }),
    fc.constantFrom(['[', ']'], ['{"a":', '}'], ['{"__proto__":', '}']),
    fc.constantFrom('1', '"a"', 'null'),
  )
  .map(([depth, [open = '', close = ''], core]) => open.repeat(depth) + core + close.repeat(depth))
  .filter((text) => text.length < MAX_BODY_BYTES - 500);

const field = fc.constantFrom(
  'order_id',
  'customer_id',
  'customer_email',
  'currency',
  'items',
  'payment',
  'total_minor',
  'metadata',
  'other',
);
const nestedField = fc.tuple(field, nested).map(([name, text]) => {
  const rest = JSON.stringify(checkout({ [name]: 'HERE' }));
  return rest.replace('"HERE"', () => text);
});

describe('whatever is posted, it is never a fault of ours', () => {
  const shop = openShop();
  const send: typeof shop.send = (...request) => {
    shop.forget();
    return shop.send(...request);
  };

  test('when it is any JSON', async () => {
    await fc.assert(
      fc.asyncProperty(tree, async (body) => expectAnswer(await send(jsonOf(body)))),
      { numRuns: 500 },
    );
  });

  test('when it is a checkout with something odd in one place', async () => {
    await fc.assert(
      fc.asyncProperty(spoiled, async (body) => expectAnswer(await send(jsonOf(body)))),
      { numRuns: 1_000 },
    );
  });

  test('when it is nested thousands deep', async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(nested, nestedField), async (text) => expectAnswer(await send(text))),
      { numRuns: 100 },
    );
  });

  test('when it is declared as anything that looks like JSON', async () => {
    const part = fc.constantFrom(
      'application/',
      'json',
      'x',
      '+',
      '2',
      '_',
      '-',
      '.',
      ' ',
      ';',
      'charset=',
      'utf-8',
      '"',
    );
    const type = fc.array(part, { maxLength: 6 }).map((parts) => `application/${parts.join('')}`);
    const near = fc.tuple(
      fc.constantFrom('', 'x+', 'x_y+', 'x2+', '.+'),
      fc.constantFrom('', ' ', ' ;', '; ', ' ; ', ';x=y', ' ; charset=utf-8', ';charset=utf-8'),
    );
    const types = fc.oneof(
      type,
      near.map(([before, after]) => `application/${before}json${after}`),
    );
    await fc.assert(
      fc.asyncProperty(types, async (declared) => {
        const { status } = await send(JSON.stringify(checkout()), { 'content-type': declared });
        expect([202, 415]).toContain(status);
      }),
      { numRuns: 500 },
    );
  });

  test('when it is any bytes', async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 200 }), async (bytes) =>
        expectAnswer(await send(Uint8Array.from(bytes))),
      ),
      { numRuns: 500 },
    );
  });

  test('when a checkout was cut or a byte of it flipped on the way', async () => {
    const good = new TextEncoder().encode(JSON.stringify(checkout()));
    const damage = fc.record({
      end: fc.nat({ max: good.length }),
      at: fc.nat({ max: good.length - 1 }),
      bit: fc.nat({ max: 7 }),
    });
    await fc.assert(
      fc.asyncProperty(damage, async ({ end, at, bit }) => {
        const bytes = good.map((byte, index) => (index === at ? byte ^ (1 << bit) : byte)).slice(0, end);
        expectAnswer(await send(bytes));
      }),
      { numRuns: 500 },
    );
  });
});

/** An answer that tells the client what it did: accepted, or a problem with the right type, and never a 5xx. */
function expectAnswer({ status, headers, body }: Answer): void {
  expect([202, 400, 409, 413, 422]).toContain(status);
  if (status === 202) return;
  expect(headers.get('content-type')).toBe('application/problem+json');
  expect(body).toMatchObject({ status, code: expect.any(String), request_id: expect.any(String) });
}

function jsonOf(value: unknown): string {
  return JSON.stringify(value) ?? 'null';
}

/** For each value inside of another a function that gives the whole with something else in its place. */
function placesOf(value: unknown): ((other: unknown) => unknown)[] {
  const whole = (other: unknown): unknown => other;
  if (typeof value !== 'object' || value === null) return [whole];
  const inner = Object.entries(value).flatMap(([key, part]) =>
    placesOf(part).map((replace) => (other: unknown): unknown => {
      if (Array.isArray(value))
        return value.map((one: unknown, index) => (String(index) === key ? replace(other) : one));
      return { ...value, [key]: replace(other) };
    }),
  );
  return [whole, ...inner];
}
