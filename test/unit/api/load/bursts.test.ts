import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { isAccepted, openWorld, quantileOf } from './world.js';

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('a burst of 500 is accepted completely, each within ten seconds', async () => {
  const { burstOf, pass, outcomes } = openWorld();
  void burstOf(500);
  await pass(10_000);
  expect(outcomes.filter(isAccepted)).toHaveLength(500);
  expect(quantileOf(outcomes, 1)).toBeLessThan(10_000);
});

test('so is one that comes while orders come as usual, and the next one', async () => {
  const { burstOf, pour, pass, outcomes } = openWorld({ perSecond: 100 });
  for (let i = 0; i < 2; i += 1) {
    await pour(20, 5);
    void burstOf(500);
    await pour(20, 10);
  }
  await pass(10_000);
  expect(outcomes.filter(isAccepted)).toHaveLength(1_600);
});

test.each([
  [0.9, 54],
  [1.2, 72],
  [3, 180],
  [10, 600],
])('at %d times the capacity for a minute the accepted wait less than a second', async (times, rate) => {
  const { pour, pass, outcomes } = openWorld();
  await pour(rate, 60);
  const late = outcomes.filter((one) => !isAccepted(one) && one.at > Date.now() - 30_000);
  await pass(10_000);
  const accepted = outcomes.filter(isAccepted);
  expect(outcomes).toHaveLength(rate * 60);
  // Next to nothing of the capacity is lost.
  expect(accepted.length).toBeGreaterThan(60 * Math.min(rate, 60) * 0.9);
  expect(quantileOf(accepted, 0.99)).toBeLessThan(1_000);
  if (times > 1) expect(late.length).toBeGreaterThan(30 * (rate - 60) * 0.9);
  expect(quantileOf(late, 1)).toBeLessThan(50);
});

test.each([3, 10])(
  '%d times what a slow machine can do: the accepted wait 700 ms at most, the first ones too',
  async (times) => {
    const { pour, pass, outcomes } = openWorld({ perSecond: 30 });
    await pour(30 * times, 20);
    await pass(10_000);
    const accepted = outcomes.filter(isAccepted);
    expect(accepted.length).toBeGreaterThan(20 * 30 * 0.9);
    expect(quantileOf(accepted, 1)).toBeLessThan(700);
  },
);

test('a burst larger than the limit is accepted up to it, and the rest is refused', async () => {
  const { burstOf, pass, outcomes } = openWorld({ perSecond: 100 });
  void burstOf(2_000);
  await pass(10_000);
  expect(outcomes.filter(isAccepted).length).toBeGreaterThanOrEqual(750);
  expect(outcomes).toHaveLength(2_000);
});

test('a refused checkout that is sent again after Retry-After is accepted if the overload is over', async () => {
  const { pour, pass, post, outcomes } = openWorld();
  await pour(180, 20);
  const refused = outcomes.filter((one) => !isAccepted(one) && one.at + one.ms > Date.now() - 1_000);
  expect(refused.length).toBeGreaterThan(100);
  const back = refused.map(async ({ at, ms, retryAfter = 0 }) => {
    await new Promise((resolve) => setTimeout(resolve, at + ms + retryAfter * 1_000 - Date.now()));
    return post();
  });
  await pass(20_000);
  expect((await Promise.all(back)).filter((one) => !isAccepted(one))).toEqual([]);
});

test('after an overload, the next burst is accepted completely', async () => {
  const { pour, burstOf, pass } = openWorld();
  await pour(180, 20);
  await pass(5_000);
  const burst = burstOf(500);
  await pass(10_000);
  expect((await Promise.all(burst)).filter((one) => !isAccepted(one))).toEqual([]);
});

test('no checkout waits longer than nine seconds for a slot when nothing is started', async () => {
  const { burstOf, pass, outcomes } = openWorld({ perSecond: 0.001 });
  void burstOf(500);
  await pass(8_900);
  expect(outcomes).toEqual([]);
  await pass(200);
  expect(outcomes).toHaveLength(480);
  expect(outcomes.some(isAccepted)).toBe(false);
});

test('a checkout that has waited without success starts no order, but is still recognized as a repeat', async () => {
  const { gate, pass } = openWorld();
  const [first, ...others] = await Promise.all(Array.from({ length: 20 }, () => gate.enter()));
  first?.acquire('known');
  const waiting = gate.enter();
  await pass(9_000);
  const late = await waiting;
  for (const ticket of others) ticket.leave();
  expect(() => late.acquire('another')).toThrow(expect.objectContaining({ code: 'overloaded' }));
  expect(() => late.acquire('known')).not.toThrow();
});

test('one that hangs up takes no place', async () => {
  const { burstOf, post, pass, world } = openWorld();
  void burstOf(100);
  const hangUp = new AbortController();
  const gone = post(hangUp.signal);
  hangUp.abort();
  await pass(5_000);
  expect(isAccepted(await gone)).toBe(false);
  expect(world.orders).toBe(100);
});

test('without a burst allowed, no checkout waits', async () => {
  const { burstOf, pass, outcomes } = openWorld({ burst: 0 });
  void burstOf(500);
  await pass(0);
  expect(outcomes).toHaveLength(460);
});
