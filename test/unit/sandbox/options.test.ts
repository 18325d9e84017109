import { expect, test } from '@jest/globals';
import { parseSandboxOptions } from '../../../src/sandbox/options.js';

test('without options the sandbox listens on 127.0.0.1:4242 and keeps its ledger in memory', () => {
  expect(parseSandboxOptions([])).toEqual({
    serve: { port: 4242, host: '127.0.0.1', successRate: 0.95, latencyMs: { min: 50, max: 200 } },
    exitWithStdin: false,
  });
});

test('every option is read', () => {
  const argv = '--port 0 --host ::1 --ledger l.jsonl --success-rate 0.5 --latency-ms 1-2 --exit-with-stdin';
  expect(parseSandboxOptions(argv.split(' '))).toEqual({
    serve: { port: 0, host: '::1', ledgerFile: 'l.jsonl', successRate: 0.5, latencyMs: { min: 1, max: 2 } },
    exitWithStdin: true,
  });
});

test.each([
  ['--port', 'http'],
  ['--port', '65536'],
  ['--port', '1.5'],
  ['--host', ''],
  ['--ledger', ''],
  ['--success-rate', '95%'],
  ['--success-rate', '1.01'],
  ['--success-rate', ''],
  ['--latency-ms', '50'],
  ['--latency-ms', '200-50'],
  ['--latency-ms', '0-60001'],
])('%s "%s" is refused by name', (option, value) => {
  expect(() => parseSandboxOptions([`${option}=${value}`])).toThrow(option);
});

test('an unknown option is refused by name', () => {
  expect(() => parseSandboxOptions(['--prot', '1'])).toThrow('--prot');
});
