import { setTimeout as realTime } from 'node:timers/promises';
import { expect, test as jestTest } from '@jest/globals';
import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import type { RunningActivities } from '../support/running-activities.js';

// Longer than the time after which the server gives out a workflow task again.
const STALLED_MS = 13_000;
const LOOK_MS = 500;
const TRIES = 3;
const LONGEST_MS = 180_000;

/** The time-skipping server has lost a task, or does not skip time any more. */
class ServerStalled extends Error {}

export interface Watched {
  environment: TestWorkflowEnvironment;
  workflows: readonly WorkflowHandle[];
  running: RunningActivities;
}

/**
 * What `work` ends with, while anything happens meanwhile: in a history, in an activity, or with the server's time.
 * @throws ServerStalled when nothing does
 */
export async function unlessStalled<T>(watched: Watched, work: Promise<T>): Promise<T> {
  const over = new AbortController();
  work.catch(() => {});
  try {
    return await Promise.race([work, stalled(watched, over.signal)]);
  } finally {
    over.abort();
  }
}

async function stalled({ environment, workflows, running }: Watched, over: AbortSignal): Promise<never> {
  let seen = '';
  let since = Date.now();
  let serverTime = await environment.currentTimeMs();
  for (;;) {
    await realTime(LOOK_MS);
    if (over.aborted) return new Promise(() => {});
    const now = await environment.currentTimeMs();
    const lengths = await Promise.all(workflows.map(async (handle) => (await handle.describe()).historyLength));
    const news = [...lengths, running.begun()].join();
    // Time that no one skips goes on like ours.
    const isSkipping = now - serverTime > 2 * STALLED_MS;
    if (news !== seen || isSkipping || running.longestMs() > 0) {
      seen = news;
      since = Date.now();
      serverTime = now;
    }
    if (Date.now() - since > STALLED_MS) throw new ServerStalled(`nothing has happened for ${STALLED_MS} ms`);
  }
}

/** Plays a test again when the server has stalled in it: that is the server's fault, and no word about our code. */
const retried =
  <Args extends unknown[]>(play: (...args: Args) => Promise<void>) =>
  async (...args: Args): Promise<void> => {
    for (let tries = 1; ; tries += 1) {
      try {
        return await play(...args);
      } catch (error) {
        if (!(error instanceof ServerStalled) || tries === TRIES) throw error;
        process.stderr.write(
          `the test server stalled (try ${tries} of ${TRIES}): ${expect.getState().currentTestName}\n`,
        );
      }
    }
  };

type Play = (...args: never[]) => Promise<void>;

const each = (rows: never) => (name: string, play: Play) =>
  jestTest.each(rows)(name, retried(play) as never, LONGEST_MS);

/** A test on the time-skipping server. */
export const test = Object.assign(
  (name: string, play: () => Promise<void>) => jestTest(name, retried(play), LONGEST_MS),
  {
    each: each as unknown as typeof jestTest.each,
  },
);
