import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { createReadiness, type Probe, type Readiness } from '../../../../src/api/serving/readiness.js';

const works: Probe = async () => {};
const hangs: Probe = () => new Promise(() => {});
const fails: Probe = async () => {
  throw new Error('connect ECONNREFUSED 10.0.0.7:5432');
};

function serving(probes: Record<string, Probe>, onChange?: Parameters<typeof createReadiness>[0]) {
  const readiness = createReadiness({ deadlineMs: 2_000, keepMs: 500, ...onChange });
  for (const [name, probe] of Object.entries(probes)) readiness.add(name, probe);
  readiness.started();
  return readiness;
}

/** A part that answers when it is told to, and counts how often it was asked. */
function slowPart() {
  const open: (() => void)[] = [];
  const part = {
    asked: 0,
    answer: () => open.splice(0).forEach((resolve) => resolve()),
    probe: () => {
      part.asked += 1;
      return new Promise<void>((resolve) => open.push(resolve));
    },
  };
  return part;
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

async function after<T>(ms: number, answer: Promise<T>): Promise<T> {
  await jest.advanceTimersByTimeAsync(ms);
  return answer;
}

describe('a process', () => {
  test('is ready when every part works', async () => {
    const parts = { database: 'ok', worker: 'ok' };
    expect(await serving({ database: works, worker: works }).read()).toEqual({ status: 'ready', parts });
  });

  test('is not ready when one is unavailable, or says what is wrong with it', async () => {
    const readiness = serving({ database: fails, temporal: works, worker: async () => 'not polling' });
    const parts = { database: 'away', temporal: 'ok', worker: 'not polling' };
    expect(await readiness.read()).toEqual({ status: 'not ready', parts });
  });

  test('says within the deadline that a part does not answer', async () => {
    const answer = serving({ database: hangs, temporal: works }).read();
    expect(await after(2_000, answer)).toEqual({
      status: 'not ready',
      parts: { database: 'no answer', temporal: 'ok' },
    });
  });

  test('is starting until it is marked as started, and probes nothing', async () => {
    const part = slowPart();
    const readiness = createReadiness();
    readiness.add('database', part.probe);
    expect(await readiness.read()).toEqual({ status: 'starting' });
    expect(part.asked).toBe(0);
  });

  test('drains permanently, and probes nothing any more', async () => {
    const part = slowPart();
    const readiness = serving({ database: part.probe });
    readiness.drain();
    readiness.started();
    expect(await readiness.read()).toEqual({ status: 'draining' });
    expect(part.asked).toBe(0);
  });

  test('reports that it drains even to a client that asked just before', async () => {
    const part = slowPart();
    const readiness = serving({ database: part.probe });
    const answer = readiness.read();
    readiness.drain();
    part.answer();
    expect(await answer).toEqual({ status: 'draining' });
  });
});

describe('the probes', () => {
  test('are shared by all concurrent requests', async () => {
    const part = slowPart();
    const readiness = serving({ database: part.probe });
    const answers = Array.from({ length: 100 }, () => readiness.read());
    part.answer();
    expect(new Set((await Promise.all(answers)).map(({ status }) => status))).toEqual(new Set(['ready']));
    expect(part.asked).toBe(1);
  });

  test('are not repeated within half a second, and are after it', async () => {
    const part = slowPart();
    const readiness = serving({ database: part.probe });
    const first = readiness.read();
    part.answer();
    await first;
    await jest.advanceTimersByTimeAsync(499);
    await readiness.read();
    expect(part.asked).toBe(1);
    await jest.advanceTimersByTimeAsync(1);
    void readiness.read();
    expect(part.asked).toBe(2);
  });

  test('do not pile up at a part that hangs: later requests are answered immediately', async () => {
    const part = slowPart();
    const readiness = serving({ database: part.probe });
    await after(2_000, readiness.read());
    const answers = Array.from({ length: 10 }, () => readiness.read());
    expect((await after(0, Promise.all(answers))).map(({ status }) => status)).toEqual(Array(10).fill('not ready'));
    expect(part.asked).toBe(1);
    part.answer();
    await jest.advanceTimersByTimeAsync(0);
    const back = readiness.read();
    part.answer();
    expect(await back).toMatchObject({ status: 'ready' });
    expect(part.asked).toBe(2);
  });

  test('are given up after a while, so that one that never ends does not block others', async () => {
    const part = slowPart();
    const readiness = serving({ database: part.probe });
    await after(10_000, readiness.read());
    void readiness.read();
    expect(part.asked).toBe(2);
  });
});

test('a change is reported once, with the error behind it', async () => {
  const told: [Readiness, Readonly<Record<string, unknown>>][] = [];
  let probe = works;
  const onChange = (readiness: Readiness, errors: Readonly<Record<string, unknown>>) =>
    void told.push([readiness, errors]);
  const readiness = serving({ database: () => probe() }, { onChange });
  for (probe of [works, works, fails, fails, works]) {
    await readiness.read();
    await jest.advanceTimersByTimeAsync(500);
  }
  expect(told.map(([{ status }]) => status)).toEqual(['ready', 'not ready', 'ready']);
  expect(String(told[1]?.[1]['database'])).toContain('ECONNREFUSED');
  expect(told[2]?.[1]['database']).toBeUndefined();
});
