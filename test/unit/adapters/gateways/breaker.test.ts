import { afterEach, expect, test } from '@jest/globals';
import { createSandboxGateway } from '../../../../src/adapters/gateways/sandbox/gateway.js';
import { closeSandboxes, startSandbox, until } from '../../sandbox/client.js';
import { asked, calm, captured, closeProviders, order, provider, type Provider } from './sandbox/provider.js';

afterEach(async () => {
  await closeSandboxes();
  await closeProviders();
});

/** Opens the breaker; from then on any call may probe. */
async function opened(timeoutMs?: number): Promise<Provider> {
  const one = await provider({ failures: 2, halfOpenAfterMs: 0 }, timeoutMs);
  await one.fail(2);
  expect(one.state()).toBe('open');
  return one;
}

test('after five failures in a row nothing is sent for a minute, and a charge costs no try', async () => {
  const one = await provider();
  await one.fail(4);
  expect(one.state()).toBe('closed');
  await one.fail(1);
  expect(one.state()).toBe('open');
  one.now.status = 200;
  const refused = await one.charge();
  expect(refused).toEqual({ kind: 'refused', retryAfterMs: expect.any(Number) });
  const waitMs = refused.kind === 'refused' ? refused.retryAfterMs : 0;
  expect(waitMs).toBeGreaterThan(1_000);
  expect(waitMs).toBeLessThanOrEqual(60_000);
  expect(await one.refund()).toEqual({
    kind: 'not_executed',
    reason: 'the circuit breaker is open',
    retryAfterMs: expect.any(Number),
  });
  expect(one.now.posts).toBe(5);
});

test('a lookup is sent although the breaker is open, and changes nothing', async () => {
  const one = await provider();
  await one.fail(5);
  one.now.status = 200;
  expect(await one.gateway.lookup('k', calm)).toEqual(captured);
  expect(one.state()).toBe('open');
});

test('a charge waits at least a second, no matter how soon the breaker half-opens', async () => {
  const one = await provider({ failures: 1, halfOpenAfterMs: 990 });
  await one.fail(1);
  expect(await one.charge()).toEqual({ kind: 'refused', retryAfterMs: 1_000 });
});

test('refunds count as charges do', async () => {
  const one = await provider({ failures: 2, halfOpenAfterMs: 60_000 });
  await one.charge();
  await one.refund();
  expect(await one.charge()).toMatchObject({ kind: 'refused' });
});

test.each([500, 502, 503, 504, 403])('answers of %d open it', async (status) => {
  const one = await provider();
  one.now.status = status;
  await one.fail(5);
  expect(one.state()).toBe('open');
});

test('charges without an answer open it, even all at once', async () => {
  const one = await provider(undefined, 60);
  one.now.status = undefined;
  await Promise.all(Array.from({ length: 8 }, () => one.charge()));
  expect(one.state()).toBe('open');
});

test.each([
  ['declines', 402],
  ['rejections', 422],
  ['conflicts', 409],
  ['429', 429],
])('%s do not open it', async (_, status) => {
  const one = await provider();
  one.now.status = status;
  await one.fail(8);
  expect(one.state()).toBe('closed');
  expect(one.now.posts).toBe(8);
});

test('only failures in a row count: a decline ends the row, a 429 does not', async () => {
  const one = await provider();
  const answer = async (status: number, times: number) => {
    one.now.status = status;
    await one.fail(times);
  };
  await answer(503, 4);
  await answer(402, 1);
  await answer(503, 4);
  expect(one.state()).toBe('closed');
  await answer(429, 1);
  expect(one.state()).toBe('closed');
  await answer(503, 1);
  expect(one.state()).toBe('open');
});

test('callers that give up count neither way', async () => {
  const one = await provider({ failures: 2, halfOpenAfterMs: 60_000 });
  await one.fail(1);
  one.now.status = undefined;
  for (const posts of [2, 3, 4]) {
    const caller = new AbortController();
    const charging = one.charge(caller.signal);
    await asked(one, posts);
    caller.abort();
    expect(await charging).toMatchObject({ kind: 'ambiguous' });
  }
  expect(one.state()).toBe('closed');
  one.now.status = 503;
  await one.fail(1);
  expect(one.state()).toBe('open');
});

test('a probe that succeeds closes it, and five failures are needed again', async () => {
  const one = await opened();
  one.now.status = 200;
  expect(await one.charge()).toEqual(captured);
  expect(one.state()).toBe('closed');
  one.now.status = 503;
  await one.fail(1);
  expect(one.state()).toBe('closed');
});

test('a probe that is declined closes it', async () => {
  const one = await opened();
  one.now.status = 402;
  await one.charge();
  expect(one.state()).toBe('closed');
});

test('a probe that fails opens it for the whole time again', async () => {
  const one = await provider({ failures: 1, halfOpenAfterMs: 100 });
  await one.fail(1);
  const probe = await until(
    () => one.charge(),
    () => one.now.posts === 2,
  );
  // What the breaker spends to probe the gateway is not a try of the charge.
  expect(probe).toEqual({ kind: 'refused', retryAfterMs: 100 });
  expect(one.state()).toBe('open');
  one.now.status = 200;
  await until(
    () => one.charge(),
    ({ kind }) => kind === 'captured',
  );
  expect(one.now.posts).toBe(3);
});

test('of fifty charges at once one probes, and the others are refused until it has ended', async () => {
  const one = await opened();
  one.now.status = undefined;
  const charging = Array.from({ length: 50 }, () => one.charge());
  await asked(one, 3);
  expect(one.state()).toBe('half_open');
  const refused = await Promise.all(charging.slice(1));
  for (const { kind, ...wait } of refused) {
    expect(kind).toBe('refused');
    const { retryAfterMs } = { retryAfterMs: 0, ...wait };
    expect(retryAfterMs).toBeGreaterThanOrEqual(1_000);
    expect(retryAfterMs).toBeLessThanOrEqual(5_000);
  }
  expect(await one.refund()).toMatchObject({ kind: 'not_executed' });
  expect(one.now.posts).toBe(3);
  for (const answer of one.now.release) answer();
  expect(await charging[0]).toEqual(captured);
  expect(one.state()).toBe('closed');
});

test('a probe whose caller gives up proves nothing: the next charge probes at once', async () => {
  const one = await provider({ failures: 2, halfOpenAfterMs: 100 });
  await one.fail(2);
  one.now.status = undefined;
  const caller = new AbortController();
  const probing = until(
    () => one.charge(caller.signal),
    ({ kind }) => kind !== 'refused',
  );
  await asked(one, 3);
  caller.abort();
  expect(await probing).toMatchObject({ kind: 'ambiguous' });
  expect(one.state()).toBe('open');
  one.now.status = 200;
  expect(await one.charge()).toEqual(captured);
});

test('a probe that meets a 429 leaves it open, and the next charge probes', async () => {
  const one = await opened();
  one.now.status = 429;
  expect(await one.charge()).toMatchObject({ kind: 'not_executed' });
  expect(one.state()).toBe('open');
  one.now.status = 200;
  expect(await one.charge()).toEqual(captured);
});

test('a caller that had given up before takes no probe', async () => {
  const one = await opened();
  expect(await one.charge(AbortSignal.abort())).toMatchObject({ kind: 'not_executed' });
  expect(one.now.posts).toBe(2);
  one.now.status = 200;
  expect(await one.charge()).toEqual(captured);
});

test('each gateway has a breaker of its own', async () => {
  const [one, other] = [await opened(), await provider()];
  expect(one.state()).toBe('open');
  expect(other.state()).toBe('closed');
});

test('a sandbox that dies and comes back: opens, waits, and charges once', async () => {
  const first = await startSandbox();
  const port = Number(new URL(first.url).port);
  const breaker = { failures: 3, halfOpenAfterMs: 50 };
  const gateway = createSandboxGateway({ baseUrl: first.url, timeoutMs: 5_000, settlingTimeMs: 0, breaker });
  const charge = (orderId: string) => gateway.charge({ key: orderId, ...order, orderId, method: 'pm_ok' }, calm);
  await first.close();
  for (const orderId of ['a', 'b', 'c']) expect(await charge(orderId)).toMatchObject({ kind: 'not_executed' });
  expect(await charge('d')).toMatchObject({ kind: 'refused' });
  const second = await startSandbox({ port });
  await until(
    () => charge('a'),
    ({ kind }) => kind === 'captured',
  );
  expect(gateway.breakerState()).toBe('closed');
  expect(await second.ledger()).toHaveLength(1);
});

test.each([
  [{ failures: 0, halfOpenAfterMs: 1 }, 'failures'],
  [{ failures: 1.5, halfOpenAfterMs: 1 }, 'failures'],
  [{ failures: 1, halfOpenAfterMs: -1 }, 'halfOpenAfterMs'],
  [{ failures: 1, halfOpenAfterMs: Number.NaN }, 'halfOpenAfterMs'],
])('the settings %j are refused', (breaker, name) => {
  const settings = { baseUrl: 'http://localhost', timeoutMs: 1, settlingTimeMs: 0, breaker };
  expect(() => createSandboxGateway(settings)).toThrow(name);
});
