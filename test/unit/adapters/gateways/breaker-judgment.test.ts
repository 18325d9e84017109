import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { until } from '../../sandbox/client.js';
import { asked, calm, captured, closeProviders, provider } from './sandbox/provider.js';

// The clock alone stands still until it is told to go on; timers and connections do not.
const RUNS_ON = [
  'setTimeout',
  'clearTimeout',
  'setInterval',
  'clearInterval',
  'setImmediate',
  'clearImmediate',
] as const;
beforeEach(() => {
  jest.useFakeTimers({ doNotFake: [...RUNS_ON, 'nextTick', 'queueMicrotask', 'hrtime', 'performance'] });
});
afterEach(async () => {
  jest.useRealTimers();
  await closeProviders();
});

const LIMITS = { failures: 5, halfOpenAfterMs: 60_000 };
const later = (ms: number) => jest.setSystemTime(Date.now() + ms);

/** Opens it with the failures of three orders, by as many methods. */
async function opened(failures = 5) {
  const one = await provider({ ...LIMITS, failures });
  for (const bad of ['bad-1', 'bad-2', 'bad-3']) await one.fail(2, bad, `pm_${bad}`.replace('-', '_'));
  expect(one.state()).toBe('open');
  return one;
}

describe('what opens the breaker', () => {
  test('one order that keeps failing never does, nor do two', async () => {
    const one = await provider(LIMITS);
    await one.fail(20, 'bad');
    await one.fail(20, 'worse');
    expect([one.state(), one.now.posts]).toEqual(['closed', 40]);
    await one.fail(1, 'third');
    expect(one.state()).toBe('open');
  });

  test('with a limit below three, as many orders do as it says', async () => {
    const one = await provider({ failures: 2, halfOpenAfterMs: 60_000 });
    await one.fail(5, 'bad');
    expect(one.state()).toBe('closed');
    await one.fail(1);
    expect(one.state()).toBe('open');
  });

  test('a payment method that fails holds up its own charges and the refunds, and no other charge', async () => {
    const one = await provider(LIMITS);
    one.now.status = 200;
    one.now.by = { pm_bad: 503 };
    await one.fail(5, undefined, 'pm_bad');
    expect(one.changes).toMatchObject([{ state: 'open', scope: 'method', failures: 5, orders: 5 }]);
    expect(await one.charge(calm, 'later', 'pm_bad')).toMatchObject({ kind: 'refused' });
    expect(await one.refund()).toMatchObject({ kind: 'not_executed', reason: 'the circuit breaker is open' });
    for (let n = 0; n < 5; n += 1) expect(await one.charge()).toEqual(captured);
    expect(one.now.posts).toBe(10);
  });

  test('once the others fail as well it holds up all of them', async () => {
    const one = await provider(LIMITS);
    await one.fail(5, undefined, 'pm_bad');
    await one.fail(4);
    expect(one.changes).toHaveLength(1);
    await one.fail(1);
    expect(one.changes.at(-1)).toMatchObject({ state: 'open', scope: 'gateway', failures: 5, orders: 10 });
    expect(await one.charge()).toMatchObject({ kind: 'refused' });
    expect(one.now.posts).toBe(10);
  });
});

describe('what probes', () => {
  test('an order that has failed does not: the gateway is asked about it, and its charge is sent afterwards', async () => {
    const one = await opened();
    later(60_000);
    one.now.lookups = 404;
    const posts = one.now.posts;
    expect(await one.charge(calm, 'bad-1')).toEqual({ kind: 'refused', retryAfterMs: 1_000 });
    expect([one.state(), one.now.posts, one.now.gets]).toEqual(['closed', posts, 1]);
    one.now.status = 200;
    expect(await one.charge(calm, 'bad-1')).toEqual(captured);
  });

  test('a look-up that is not answered keeps it open for the whole time', async () => {
    const one = await opened();
    later(60_000);
    const posts = one.now.posts;
    expect(await one.charge(calm, 'bad-2')).toEqual({ kind: 'refused', retryAfterMs: 60_000 });
    later(59_999);
    expect(one.changes.map(({ state }) => state)).toEqual(['open', 'half_open', 'open']);
    await one.charge(calm, 'bad-2');
    await one.charge(calm, 'new');
    expect([one.state(), one.now.posts, one.now.gets]).toEqual(['open', posts, 1]);
  });

  test('the order whose probe has failed does not probe again, the next one does', async () => {
    const one = await opened();
    later(60_000);
    expect(await one.charge(calm, 'new')).toEqual({ kind: 'refused', retryAfterMs: 60_000 });
    const posts = one.now.posts;
    later(60_000);
    await one.charge(calm, 'new');
    expect([one.state(), one.now.posts, one.now.gets]).toEqual(['open', posts, 1]);
    one.now.status = 200;
    later(60_000);
    expect(await one.charge(calm, 'newer')).toEqual(captured);
    expect(one.state()).toBe('closed');
  });

  test('a refund that has failed asks about itself too', async () => {
    const one = await provider(LIMITS);
    await one.fail(4);
    await one.refund(calm, 'bad');
    later(60_000);
    one.now.lookups = 404;
    const posts = one.now.posts;
    expect(await one.refund(calm, 'bad')).toMatchObject({ kind: 'not_executed', retryAfterMs: 1_000 });
    expect([one.state(), one.now.posts]).toEqual(['closed', posts]);
  });
});

describe('after it has closed', () => {
  test('a backlog is let through little by little, and each answer makes room for one more', async () => {
    const one = await opened();
    later(60_000);
    one.now.status = 200;
    expect(await one.charge()).toEqual(captured);
    one.now.status = undefined;
    const posts = one.now.posts;
    const backlog = Array.from({ length: 20 }, () => one.charge());
    await asked(one, posts + 2);
    const kinds = await Promise.all(backlog.slice(2));
    expect(new Set(kinds.map((answer) => JSON.stringify(answer)))).toEqual(
      new Set(['{"kind":"refused","retryAfterMs":2000}']),
    );
    one.now.status = 200;
    for (const answer of one.now.release.splice(0)) answer();
    await Promise.all(backlog);
    one.now.status = undefined;
    const rest = Array.from({ length: 20 }, () => one.charge());
    await asked(one, posts + 2 + 4);
    await Promise.all(rest.slice(4));
    for (const answer of one.now.release.splice(0)) answer();
    await Promise.all(rest);
  });

  test('all are let through again when enough of them were answered', async () => {
    const one = await opened();
    later(60_000);
    one.now.status = 200;
    await until(
      async () => (await Promise.all(Array.from({ length: 100 }, () => one.charge()))).map(({ kind }) => kind),
      (kinds) => kinds.every((kind) => kind === 'captured'),
    );
  });

  test('one order that fails does not open it again', async () => {
    const one = await opened();
    later(60_000);
    one.now.lookups = 404;
    await one.charge(calm, 'bad-1');
    await one.fail(10, 'bad-1');
    expect(one.state()).toBe('closed');
  });
});

test('each change is reported, with its scope and when a call may probe', async () => {
  const one = await opened(6);
  const until = new Date(Date.now() + 60_000);
  later(60_000);
  one.now.status = 200;
  await one.charge();
  const cause = { scope: 'gateway', failures: 6, orders: 3 };
  expect(one.changes).toEqual([
    { state: 'open', ...cause, until },
    { state: 'half_open', ...cause, until: null },
    { state: 'closed', ...cause, until: null },
  ]);
});
