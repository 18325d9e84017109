import { afterEach, expect, it } from '@jest/globals';
import { diag } from '@opentelemetry/api';
import { globalErrorHandler } from '@opentelemetry/core';
import { reportFaults } from '../../../../src/adapters/opentelemetry/report-faults.js';

afterEach(() => diag.disable());

function watched() {
  const lines: Record<string, unknown>[] = [];
  let now = 0;
  const log = { warn: (fields: Record<string, unknown>, message: string) => void lines.push({ ...fields, message }) };
  reportFaults(log, () => now);
  return { lines, pass: (ms: number) => (now += ms) };
}

it('says the first fault at once and then one a minute, with the number of those it kept to itself', () => {
  const { lines, pass } = watched();
  globalErrorHandler(Object.assign(new Error('connect failed'), { code: 'ECONNREFUSED' }));
  for (let i = 0; i < 100; i += 1) diag.error('Dropped 1 spans');
  expect(lines).toEqual([{ reason: 'connect failed (ECONNREFUSED)', message: 'tracing is failing; orders continue' }]);
  pass(59_999);
  diag.warn('Dropped 2 spans');
  expect(lines).toHaveLength(1);
  pass(1);
  diag.warn('Dropped 3 spans');
  expect(lines[1]).toMatchObject({ reason: 'Dropped 3 spans', others: 101 });
});

it('takes an error without words by its name, and says no more of it than that', () => {
  const { lines } = watched();
  globalErrorHandler(Object.assign(new AggregateError([], ''), { headers: { authorization: 'canary' } }));
  expect(JSON.stringify(lines)).toContain('AggregateError');
  expect(JSON.stringify(lines)).not.toContain('canary');
});

it('does not pass on what is no fault', () => {
  const { lines } = watched();
  diag.info('started');
  diag.debug('details');
  expect(lines).toEqual([]);
});
