import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from '@jest/globals';
import { keepCounts } from '../../../src/commands/keep-counts.js';

const quiet = { warn: () => {} };

test('batches are added until there are no more, and again after the interval', async () => {
  const answers = [true, true, false, false];
  let folds = 0;
  const stop = keepCounts({ fold: async () => answers[folds++] ?? false }, quiet, 5);
  while (folds < 5) await sleep(2);
  await stop();
});

test('a failure is logged, and the next try comes all the same', async () => {
  const warnings: unknown[] = [];
  let folds = 0;
  const fold = async (): Promise<boolean> => {
    folds += 1;
    if (folds === 1) throw new Error('away');
    return false;
  };
  const stop = keepCounts({ fold }, { warn: (fields: unknown) => warnings.push(fields) }, 5);
  while (folds < 3) await sleep(2);
  await stop();
  expect(warnings).toHaveLength(1);
});

test('stopping waits for the batch that is under way and begins no other', async () => {
  let folds = 0;
  let isDone = false;
  const fold = async (): Promise<boolean> => {
    folds += 1;
    await sleep(30);
    isDone = true;
    return true;
  };
  const stop = keepCounts({ fold }, quiet, 1);
  while (folds === 0) await sleep(1);
  await stop();
  expect(isDone).toBe(true);
  await sleep(20);
  expect(folds).toBe(1);
});
