import { afterEach, beforeEach, expect, it, jest } from '@jest/globals';
import type { Logger } from 'pino';
import { loggingInto } from '../../../src/commands/logger.js';

let log: Logger;
let lines: Record<string, unknown>[];

beforeEach(() => {
  jest.useFakeTimers();
  lines = [];
  log = loggingInto({ write: (line) => void lines.push(JSON.parse(line) as Record<string, unknown>) });
});
afterEach(() => {
  jest.useRealTimers();
});

it('counts a warning that repeats instead of repeating it, and says the count after a minute', () => {
  const lost = () => log.warn({ err: new Error('connect ECONNREFUSED') }, 'the connection that listens was lost');
  for (let i = 0; i < 81; i += 1) lost();
  expect(lines).toHaveLength(1);
  jest.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(2);
  expect(lines[1]).toMatchObject({ msg: 'the connection that listens was lost', repeated: 80 });
  lost();
  expect(lines).toHaveLength(3);
  jest.advanceTimersByTime(60_000);
  expect(lines).toHaveLength(3);
});

it('repeats what is about another order or another error, and every line below a warning', () => {
  for (const order_id of ['a', 'b']) log.error({ order_id, err: new Error('no') }, 'a request failed');
  for (const reason of ['no', 'never']) log.warn({ err: new Error(reason) }, 'a request failed');
  for (let i = 0; i < 3; i += 1) log.info({ status: 200 }, 'answered');
  expect(lines).toHaveLength(7);
});

it('counts lines of text alone too', () => {
  for (let i = 0; i < 3; i += 1) log.warn('PORTT is not read; did you mean PORT?');
  jest.advanceTimersByTime(60_000);
  expect(lines).toMatchObject([{ msg: 'PORTT is not read; did you mean PORT?' }, { repeated: 2 }]);
});
