import { beforeAll, describe, expect, test } from '@jest/globals';
import { DefaultLogger, Runtime, Worker, type ReplayHistoriesIterable } from '@temporalio/worker';
import { BUNDLE } from '../support/time-skipping.js';
import { keptHistories, readHistory } from './kept-history.js';

const names = await keptHistories();
const errors = new Map<string, Error | undefined>();

beforeAll(async () => {
  Runtime.install({ logger: new DefaultLogger('ERROR', () => {}) });
  async function* histories(): ReplayHistoriesIterable {
    for (const name of names) {
      const { history } = await readHistory(name);
      yield { workflowId: name, history };
    }
  }
  for await (const { workflowId, error } of Worker.runReplayHistories({ workflowBundle: BUNDLE }, histories())) {
    errors.set(workflowId, error);
  }
}, 120_000);

describe('a workflow of an earlier version goes on', () => {
  test.each(names)('%s', (name) => {
    expect([...errors.keys()]).toContain(name);
    expect(errors.get(name)).toBeUndefined();
  });
});

test('there are histories of open and of ended workflows', () => {
  expect(names.filter((name) => name.startsWith('open-')).length).toBeGreaterThan(5);
  expect(names.length).toBeGreaterThan(20);
});
