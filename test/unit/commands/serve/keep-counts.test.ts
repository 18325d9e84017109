import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { keepCounts } from '../../../../src/commands/serve/keep-counts.js';

const quiet = { warn: () => {} };

test('batches are added until there are no more, and again after the interval', async () => {
  const answers = [true, true, false, false];
  const folds: boolean[] = [];
  const fold = async (): Promise<boolean> => {
    folds.push(true);
    return answers[folds.length - 1] ?? false;
  };
  const stop = keepCounts({ fold }, quiet, 5);
  while (folds.length < 5) await sleep(2);
  await stop();
});

test('a failure is logged, and the next try follows', async () => {
  const warnings: unknown[] = [];
  const folds: boolean[] = [];
  const fold = async (): Promise<boolean> => {
    folds.push(true);
    if (folds.length === 1) throw new Error('away');
    return false;
  };
  const stop = keepCounts({ fold }, { warn: (fields: unknown) => warnings.push(fields) }, 5);
  while (folds.length < 3) await sleep(2);
  await stop();
  expect(warnings).toHaveLength(1);
});

test('stopping waits for the batch that is under way and begins no other', async () => {
  const folds: boolean[] = [];
  let isDone = false;
  const fold = async (): Promise<boolean> => {
    folds.push(true);
    await sleep(30);
    isDone = true;
    return true;
  };
  const stop = keepCounts({ fold }, quiet, 1);
  while (folds.length === 0) await sleep(1);
  await stop();
  expect(isDone).toBe(true);
  await sleep(20);
  expect(folds).toHaveLength(1);
});
