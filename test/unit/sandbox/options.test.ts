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

const SECRETS = 'SANDBOX_EVENT_SECRETS';
const optionsOf = (argv: string[], secrets?: string) =>
  parseSandboxOptions(argv, secrets === undefined ? {} : { [SECRETS]: secrets });

test('events need a URL, and one or more secrets in the environment, where other users cannot read them', () => {
  const { events } = optionsOf(['--events-url', 'http://127.0.0.1:1/hook'], `${secret},${secret}`).serve;
  expect(events).toEqual({ url: 'http://127.0.0.1:1/hook', secrets: [secret, secret] });
  expect(() => optionsOf(['--events-secret', secret])).toThrow('--events-secret');
});

test('secrets without a URL, as a shell may have them, send no events', () => {
  expect(optionsOf([], secret).serve.events).toBeUndefined();
});

test.each<[string, string[], string | undefined]>([
  [SECRETS, ['--events-url', 'http://localhost'], undefined],
  [SECRETS, ['--events-url', 'http://localhost'], ''],
  ['--events-url', ['--events-url', 'ftp://localhost'], secret],
  ['--events-url', ['--events-url', 'http://a:b@localhost'], secret],
  ['--events-url', ['--events-url', '/hook'], secret],
  [SECRETS, ['--events-url', 'http://localhost'], secret.slice(6)],
  [SECRETS, ['--events-url', 'http://localhost'], 'whsec_c2hvcnQ='],
  [SECRETS, ['--events-url', 'http://localhost'], `${secret},`],
])('%s is named when it is missing or wrong: %j %s', (name, argv, secrets) => {
  expect(() => optionsOf(argv, secrets)).toThrow(name);
});

test('a wrong secret is not shown', () => {
  const argv = ['--events-url', 'http://localhost'];
  expect(() => optionsOf(argv, 'whsec_c2hvcnQ=')).toThrow(expect.not.stringContaining('c2hvcnQ'));
});
