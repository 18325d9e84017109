import { expect, jest, test } from '@jest/globals';
import type { Worker } from '@temporalio/worker';
import { runWorker } from '../../../../src/commands/serve/run-worker.js';

const LOST = new Error('Namespace mine is not found.');

/** Workers that run until the test ends them, a Temporal that gets its namespace back when told, and a process. */
function aStage() {
  const workers: { fail(error: Error): void; finish(): void }[] = [];
  const closers: (() => Promise<void>)[] = [];
  let onMet = () => {};
  const stage = {
    workers,
    created: async () => {
      await new Promise((resolve) => setImmediate(resolve));
      return workers.length;
    },
    namespaceIsBack: () => onMet(),
    end: jest.fn<(error?: Error) => void>(),
    warn: jest.fn(),
    close: async () => {
      for (const close of closers) await close();
    },
    run: () =>
      runWorker({
        name: 'worker',
        create: async () => {
          let state = 'INITIALIZED';
          let settle: { resolve(): void; reject(error: Error): void } | undefined;
          const ended = new Promise<void>((resolve, reject) => (settle = { resolve, reject }));
          workers.push({
            fail(error) {
              state = 'FAILED';
              settle?.reject(error);
            },
            finish: () => settle?.resolve(),
          });
          const worker = {
            getState: () => state,
            run() {
              state = 'RUNNING';
              return ended;
            },
            shutdown: () => settle?.resolve(),
          };
          return worker as unknown as Worker;
        },
        needs: { untilMet: () => new Promise<void>((resolve) => (onMet = resolve)) },
        log: { warn: stage.warn },
        lifetime: { onClose: (_, close) => void closers.push(close), end: stage.end },
      }),
  };
  return stage;
}

test('a worker that lost its namespace is replaced when that is back, as often as it happens', async () => {
  const stage = aStage();
  const current = await stage.run();
  for (const count of [1, 2]) {
    const lost = current();
    stage.workers.at(-1)?.fail(LOST);
    expect(await stage.created()).toBe(count);
    stage.namespaceIsBack();
    expect(await stage.created()).toBe(count + 1);
    expect(current()).not.toBe(lost);
    expect(current().getState()).toBe('RUNNING');
  }
  expect(stage.warn).toHaveBeenCalledTimes(2);
  expect(stage.end).not.toHaveBeenCalled();
  await stage.close();
});

test('any other fault of a worker ends the process', async () => {
  const stage = aStage();
  await stage.run();
  const fault = new Error('the bundle is broken');
  stage.workers[0]?.fail(fault);
  expect(await stage.created()).toBe(1);
  expect(stage.end).toHaveBeenCalledWith(fault);
});

test.each(['while it runs', 'while it waits for its namespace'])('a stop %s ends it', async (when) => {
  const stage = aStage();
  await stage.run();
  if (when !== 'while it runs') stage.workers[0]?.fail(LOST);
  await stage.created();
  await stage.close();
  stage.namespaceIsBack();
  expect(await stage.created()).toBe(1);
  expect(stage.end).not.toHaveBeenCalled();
});
