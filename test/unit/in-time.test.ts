import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, test } from '@jest/globals';
import { inTime } from '../../src/in-time.js';

const never = new Promise<string>(() => {});

describe('work that has a deadline', () => {
  test('ends as itself when it is in time', async () => {
    await expect(inTime(5_000, Promise.resolve('done'))).resolves.toBe('done');
    await expect(inTime(5_000, Promise.reject(new Error('broken')))).rejects.toThrow('broken');
  });

  test('ends with the deadline when it is not', async () => {
    await expect(inTime(1, never)).rejects.toThrow('no answer within 1 ms');
    await expect(inTime(1, never, () => new Error('too slow'))).rejects.toThrow('too slow');
  });

  test('may fail afterwards, and nobody has to catch it', async () => {
    const unheard: unknown[] = [];
    const hear = (reason: unknown) => unheard.push(reason);
    process.on('unhandledRejection', hear);
    try {
      const failing = sleep(20).then(() => {
        throw new Error('late');
      });
      await expect(inTime(1, failing)).rejects.toThrow('no answer');
      await sleep(50);
      expect(unheard).toEqual([]);
    } finally {
      process.off('unhandledRejection', hear);
    }
  });
});
