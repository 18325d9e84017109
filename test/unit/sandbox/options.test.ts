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

const secret = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;

test('events need a URL and one or more secrets', () => {
  const argv = ['--events-url', 'http://127.0.0.1:1/hook', '--events-secret', `${secret},${secret}`];
  expect(parseSandboxOptions(argv).serve.events).toEqual({ url: 'http://127.0.0.1:1/hook', secrets: [secret, secret] });
});

test.each([
  ['--events-url', ['--events-secret', secret]],
  ['--events-secret', ['--events-url', 'http://localhost']],
  ['--events-url', ['--events-url', 'ftp://localhost', '--events-secret', secret]],
  ['--events-url', ['--events-url', 'http://a:b@localhost', '--events-secret', secret]],
  ['--events-url', ['--events-url', '/hook', '--events-secret', secret]],
  ['--events-secret', ['--events-url', 'http://localhost', '--events-secret', secret.slice(6)]],
  ['--events-secret', ['--events-url', 'http://localhost', '--events-secret', 'whsec_c2hvcnQ=']],
  ['--events-secret', ['--events-url', 'http://localhost', '--events-secret', `${secret},`]],
])('%s is named when it is missing or wrong: %j', (option, argv) => {
  expect(() => parseSandboxOptions(argv)).toThrow(option);
});

test('a wrong secret is not shown', () => {
  const argv = ['--events-url', 'http://localhost', '--events-secret', 'whsec_c2hvcnQ='];
  expect(() => parseSandboxOptions(argv)).toThrow(expect.not.stringContaining('c2hvcnQ'));
});
