import { expect, test } from '@jest/globals';
import { createWakeSignal } from '../../../src/relay/wake-signal.js';
import { createEndpointHealth } from '../../../src/relay/endpoint-health.js';
import { gathered } from '../../../src/relay/batching.js';

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

test('requests during a call share the next one', async () => {
  const batches: number[][] = [];
  const ask = gathered(async (items: number[]) => {
    batches.push(items);
    await sleep(10);
    return items.map((item) => item * 2);
  }, 3);
  const first = Promise.all([ask(1), ask(2)]);
  await sleep(2);
  expect(await Promise.all([first, ask(3), ask(4), ask(5), ask(6)])).toEqual([[2, 4], 6, 8, 10, 12]);
  expect(batches).toEqual([[1, 2], [3, 4, 5], [6]]);
});

test('a call that fails fails for all of its requests, and for no others', async () => {
  let calls = 0;
  const ask = gathered(async (items: number[]) => {
    calls += 1;
    if (calls === 1) throw new Error('away');
    return items;
  });
  const [one, two] = await Promise.allSettled([ask(1), ask(2)]);
  expect([one.status, two.status]).toEqual(['rejected', 'rejected']);
  expect(await ask(3)).toBe(3);
  await expect(gathered(async () => [])(1)).rejects.toThrow('0 answers to 1 items');
});

test('a signal before the wait is kept; one signal wakes once', async () => {
  const wakeSignal = createWakeSignal();
  wakeSignal.wake();
  wakeSignal.wake();
  const started = performance.now();
  await wakeSignal.wait(5_000);
  expect(performance.now() - started).toBeLessThan(1_000);
  await wakeSignal.wait(30);
  expect(performance.now() - started).toBeGreaterThan(25);
  setTimeout(wakeSignal.wake, 10);
  await wakeSignal.wait(5_000);
  expect(performance.now() - started).toBeLessThan(2_000);
});

test('an endpoint that fails three times in a row is skipped, except for one try that checks whether it works again', async () => {
  const health = createEndpointHealth({ restMs: 50 });
  for (const isWell of [false, false, true, false, false]) health.note('we_1', isWell);
  expect(health.isSkipped('we_1')).toBe(false);
  health.note('we_1', false);
  expect([health.isSkipped('we_1'), health.isSkipped('we_2')]).toEqual([true, false]);
  await sleep(60);
  expect([health.isSkipped('we_1'), health.isSkipped('we_1')]).toEqual([false, true]);
  health.note('we_1', true);
  expect(health.isSkipped('we_1')).toBe(false);
});
