import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createRateCounter } from '../../src/adapters/postgres/rate-counter.js';
import { openDatabase } from '../../src/adapters/postgres/pool.js';
import { aCheckout, createShop, newOrderId } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
const others: Stack[] = [];
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => {
  await Promise.all([stack, ...others].map((one) => one?.close()));
});

const counter = (name: string, limit: number, windowMs = 60_000) =>
  createRateCounter({ database: stack.database, name, limit, windowMs, onError: () => {} });

describe('a counter', () => {
  test.each([1, 5, 19, 20, 21, 100, 333])('lets exactly %d through in a window, however they come', async (limit) => {
    const counters = [counter(`exact-${limit}`, limit), counter(`exact-${limit}`, limit)];
    const counts = Array.from({ length: limit + 60 }, (_, i) => counters[i % 2]?.count('a'));
    const allowed = (await Promise.all(counts)).filter((one) => one?.allowed).length;
    expect(allowed).toBeLessThanOrEqual(limit);
    // One process may hold back the rest of a part that it took: at most a twentieth.
    for (let i = 0; i < limit; i += 1) await Promise.all(counters.map((one) => one.count('a')));
    expect(allowed).toBeGreaterThanOrEqual(limit - Math.floor(limit / 20));
  });

  test('says what is left and when it starts over, and does', async () => {
    const one = counter('anew', 2, 1_000);
    expect(await one.count('a')).toMatchObject({ allowed: true, limit: 2, remaining: 1 });
    expect(await one.count('a')).toMatchObject({ allowed: true, remaining: 0 });
    const refused = await one.count('a');
    expect(refused).toMatchObject({ allowed: false, remaining: 0 });
    expect(refused.resetMs).toBeGreaterThan(0);
    expect(refused.resetMs).toBeLessThanOrEqual(1_000);
    await new Promise((resolve) => setTimeout(resolve, refused.resetMs + 20));
    expect(await one.count('a')).toMatchObject({ allowed: true, remaining: 1 });
  });

  test('counts each subject separately', async () => {
    const one = counter('each', 1);
    expect([(await one.count('a')).allowed, (await one.count('b')).allowed, (await one.count('a')).allowed]).toEqual([
      true,
      true,
      false,
    ]);
  });

  test('asks the database once for a twentieth of a large limit', async () => {
    let asked = 0;
    const pool = new Proxy(stack.database.pool, {
      get: (target, name) => {
        if (name === 'connect') asked += 1;
        const value: unknown = Reflect.get(target, name);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
    const database = { ...stack.database, pool };
    const one = createRateCounter({ database, name: 'parts', limit: 2_000, windowMs: 60_000, onError: () => {} });
    for (let i = 0; i < 1_000; i += 1) expect((await one.count('a')).allowed).toBe(true);
    expect(asked).toBe(10);
  });

  test('continues in memory while the database is unavailable', async () => {
    const url = 'postgres://nobody@127.0.0.1:1/none';
    const away = openDatabase({ url, size: 1, connectTimeoutMs: 500, statementTimeoutMs: 500, onError: () => {} });
    const errors: unknown[] = [];
    const options = { database: away, name: 'away', limit: 3, windowMs: 60_000 };
    const one = createRateCounter({ ...options, onError: (error) => errors.push(error) });
    const allowed = [];
    for (let i = 0; i < 5; i += 1) allowed.push((await one.count('a')).allowed);
    expect(allowed).toEqual([true, true, true, false, false]);
    expect(errors.length).toBeGreaterThan(0);
    await away.close();
  });
});

test('over HTTP the customer beyond the limit gets 429 with the time to retry, and nothing is accepted', async () => {
  const limits = { RATE_LIMIT_PER_CUSTOMER: '2', RATE_LIMIT_PER_KEY: '1000' };
  const { url } = await stack.serve('api,worker', limits);
  const shop = createShop(url);
  const customer_id = newOrderId();
  const first = await shop.post(aCheckout({ customer_id }));
  expect(first.status).toBe(202);
  expect(first.headers.get('ratelimit-limit')).toBe('2');
  expect(first.headers.get('ratelimit-remaining')).toBe('1');
  expect((await shop.post(aCheckout({ customer_id }))).status).toBe(202);

  const third = aCheckout({ customer_id });
  const refused = await shop.post(third);
  expect(refused).toMatchObject({ status: 429, body: { code: 'rate-limited' } });
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d?$/);
  expect(refused.headers.get('ratelimit-remaining')).toBe('0');
  expect(refused.headers.get('ratelimit-reset')).toBe(refused.headers.get('retry-after'));
  expect((await shop.get(third.order_id)).status).toBe(404);
  expect((await shop.post(aCheckout({ customer_id: newOrderId() }))).status).toBe(202);
});

test('with all places taken a checkout gets 503 and nothing of it is kept, while reads and repeats are answered', async () => {
  // Without a worker nothing is begun.
  const alone = await startStack();
  others.push(alone);
  const { url } = await alone.serve('api', { MAX_CHECKOUTS: '2', MAX_BURST: '0' });
  const shop = createShop(url);
  const done = aCheckout();
  const [one, other] = [aCheckout(), aCheckout()];
  expect((await shop.post(one)).status).toBe(202);
  expect((await shop.post(other)).status).toBe(202);

  const refused = await shop.post(done);
  expect(refused).toMatchObject({ status: 503, body: { code: 'overloaded' } });
  expect(refused.headers.get('retry-after')).toMatch(/^[1-3]$/);
  expect((await shop.get(done.order_id)).status).toBe(404);
  expect((await shop.get(one.order_id)).status).toBe(200);
  const repeat = await shop.post(one);
  expect(repeat.status).toBe(200);
  expect(repeat.headers.get('idempotency-replayed')).toBe('true');

  await alone.serve('worker');
  await shop.until(one.order_id, ['confirmed']);
  await shop.until(other.order_id, ['confirmed']);
  let again = await shop.post(done);
  for (let i = 0; i < 20 && again.status === 503; i += 1) {
    await new Promise((resolve) => setTimeout(resolve, 200));
    again = await shop.post(done);
  }
  expect(again.status).toBe(202);
});
