import { runInNewContext } from 'node:vm';
import { expect, test } from '@jest/globals';
import { withoutStackTraces } from '../../../src/worker.js';

const FAILURE = 'new Error("no such step").stack';

test('an error of a workflow keeps its message when stack traces are off', () => {
  expect(runInNewContext(FAILURE)).toMatch(/^Error: no such step\n\s+at /);
  expect(runInNewContext(withoutStackTraces(FAILURE))).toBe('Error: no such step');
});

test('errors outside of workflows keep their stack traces', () => {
  runInNewContext(withoutStackTraces(FAILURE));
  expect(new Error('outside').stack).toMatch(/\n\s+at /);
});

test('lines of code stay where the source map says', () => {
  expect(withoutStackTraces('first\nsecond').split('\n')[1]).toBe('second');
});
