import { readFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, Worker, type ReplayHistoriesIterable } from '@temporalio/worker';
import { withoutStackTraces } from '../../src/worker.js';
import { BUNDLE } from '../support/time-skipping.js';
import { keptHistories, readHistory } from './kept-history.js';

const names = await keptHistories();
const errors = new Map<string, Error | undefined>();

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}) });
  async function* histories(): ReplayHistoriesIterable {
    // All workflows share one sandbox: what ran in it before must make no difference.
    for (const name of [...names, ...names.toReversed()]) {
      const { history } = await readHistory(name);
      yield { workflowId: name, history };
    }
  }
  const workflowBundle = { code: withoutStackTraces(await readFile(BUNDLE.codePath, 'utf8')) };
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle }, histories())) {
    errors.set(workflowId, errors.get(workflowId) ?? error);
  }
}, 120_000);

describe('a workflow of an earlier version continues', () => {
  test.each(names)('%s', (name) => {
    expect([...errors.keys()]).toContain(name);
    expect(errors.get(name)).toBeUndefined();
  });
});

test('there are histories of open and of ended workflows', () => {
  expect(names.filter((name) => name.startsWith('open-')).length).toBeGreaterThan(5);
  expect(names.length).toBeGreaterThan(20);
});
