import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { keepTemporalNeeds, type TemporalNeeds } from '../../../../src/commands/serve/temporal-needs.js';

const LOOK_MS = 10_000;

let needs: TemporalNeeds;
beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(async () => {
  await needs.stop();
  jest.useRealTimers();
});

/** A need that can be lost, and whose creation can be refused. */
function aNeed(name: string) {
  const need = {
    isThere: true,
    isRefused: false,
    isSilent: false,
    creations: 0,
    async missing() {
      if (need.isSilent) throw new Error('no answer');
      return need.isThere ? [] : [name];
    },
    async create() {
      need.creations += 1;
      if (need.isRefused) throw new Error('Request unauthorized.');
      need.isThere = true;
    },
  };
  return need;
}

function aLog() {
  const lines: string[] = [];
  const write = (level: string) => (fields: unknown, text?: string) => {
    const { missing = [] } = fields as { missing?: string[] };
    lines.push(`${level} ${text} (${missing.join()})`);
  };
  return { lines, warn: write('warn'), error: write('error') };
}

const pass = (ms: number) => jest.advanceTimersByTimeAsync(ms);

test('what is there costs no line, and what gets lost is created again with one line', async () => {
  const [need, log] = [aNeed('namespace'), aLog()];
  needs = keepTemporalNeeds(need, { log });
  await needs.untilMet();
  await pass(LOOK_MS);
  expect(log.lines).toEqual([]);

  need.isThere = false;
  await pass(LOOK_MS);
  await pass(5 * LOOK_MS);
  expect(need).toMatchObject({ isThere: true, creations: 1 });
  expect(log.lines).toEqual(['warn Temporal lacked what orders need; it was created (namespace)']);
});

test('a probe says what is missing, and has it created at once', async () => {
  const [namespace, schedule] = [aNeed('namespace'), aNeed('audit schedule')];
  needs = keepTemporalNeeds(namespace, { log: aLog() });
  needs.add(schedule);
  await needs.untilMet();
  expect(await needs.probe()).toBeUndefined();
  [namespace.isThere, schedule.isThere] = [false, false];
  expect(await needs.probe()).toBe('missing: namespace, audit schedule');
  await pass(0);
  expect(await needs.probe()).toBeUndefined();
});

test('a need that may not be created is tried after growing pauses, no matter who probes, until it exists', async () => {
  const [need, log] = [aNeed('namespace'), aLog()];
  [need.isThere, need.isRefused] = [false, true];
  needs = keepTemporalNeeds(need, { log });
  const met = jest.fn();
  void needs.untilMet().then(met);
  const tries: number[] = [];
  for (const pauseMs of [0, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000]) {
    await pass(pauseMs);
    tries.push(need.creations);
    expect(await needs.probe()).toBe('missing: namespace');
  }
  expect(tries).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
  expect(new Set(log.lines)).toEqual(
    new Set(['error Temporal lacks what orders need, and it could not be created (namespace)']),
  );
  expect(met).not.toHaveBeenCalled();

  need.isThere = true;
  await pass(60_000);
  expect(met).toHaveBeenCalled();
  expect(need.creations).toBe(9);
});

test('a Temporal that does not answer is asked again, and nothing is created blindly', async () => {
  const [need, log] = [aNeed('namespace'), aLog()];
  need.isSilent = true;
  needs = keepTemporalNeeds(need, { log });
  await pass(1_000);
  await expect(needs.probe()).rejects.toThrow('no answer');
  expect(need.creations).toBe(0);
  expect(log.lines[0]).toBe('warn Temporal could not be asked whether it has what orders need ()');
  need.isSilent = false;
  const met = needs.untilMet();
  await pass(2_000);
  await met;
});
