import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../src/config.js';
import { DEFAULTS, NAMES } from './defaults.js';

const BAD: [name: string, value: string][] = [
  ['LOG_LEVEL', 'loud'],
  ...['PORT', 'INTERNAL_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT', 'SANDBOX_PORT'].flatMap((name) =>
    ['0', '65536', '-1', '80.5', 'http', ' '].map((value): [string, string] => [name, value]),
  ),
  ['MAX_BODY_BYTES', '1023'],
  ['DRAIN_TIMEOUT_MS', '30s'],
  ['DATABASE_POOL_SIZE', '1'],
  ['TEMPORAL_DEADLINE_MS', '99'],
  ['SANDBOX_SUCCESS_RATE', '1.01'],
  ['SANDBOX_SUCCESS_RATE', '-0.1'],
  ['SANDBOX_SUCCESS_RATE', '95%'],
  ['SANDBOX_SUCCESS_RATE', ' '],
  ['SANDBOX_LATENCY_MS', '50'],
  ['SANDBOX_LATENCY_MS', '50-200ms'],
  ['SANDBOX_LATENCY_MS', '200-50'],
  ['GATEWAY_TIMEOUT_MS', 'NaN'],
  ['GATEWAY_SETTLING_MS', 'Infinity'],
  ['GATEWAY_SETTLING_MS', ' '],
  ['WEBHOOK_ALLOW_PRIVATE', 'maybe'],
  ...['mail', 'log,log', 'none,log', 'log;smtp', ','].map((value): [string, string] => ['NOTIFIERS', value]),
  ...['smtp', 'mail.example:25', 'https://mail.example', 'smtp://'].map((value): [string, string] => [
    'SMTP_URL',
    value,
  ]),
  ...['shop', 'a@b, c@d', 'The shop <shop>', 'a@b\nBcc: c@d'].map((value): [string, string] => ['SMTP_FROM', value]),
  ['SHOP_NAME', 'The shop\r\nBcc: c@d'],
  ...['localhost:4318', 'grpc://collector:4317', 'http://'].flatMap((value): [string, string][] => [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', value],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', value],
  ]),
  ['RETRIES', '0'],
  ['RETRIES', '2.5'],
  ['RETRY_INITIAL_MS', '9'],
  ['RETRY_MAXIMUM_MS', '3600001'],
  ['LOOKUP_MAXIMUM_MS', '99'],
];

describe('the configuration', () => {
  test.each(NAMES)('has its own value for %s when nothing is set', (name) => {
    expect(readConfig({})[name]).toEqual(DEFAULTS[name]);
  });

  test('has no variables but those, whatever else the environment holds', () => {
    const config = readConfig({ PATH: '/bin', HOLDFAST_UNKNOWN: '1', port: '1' });
    expect(NAMES).toEqual(expect.arrayContaining(Object.keys(config)));
  });

  test.each(NAMES)('takes an empty %s for one that was not set', (name) => {
    expect(readConfig({ [name]: '' })).toEqual(readConfig({}));
  });

  test('takes what the environment says, and numbers as numbers', () => {
    const given = {
      PORT: '65535',
      DATABASE_URL: 'postgres://localhost/holdfast',
      SANDBOX_SUCCESS_RATE: '0.5',
      SANDBOX_LATENCY_MS: '0-0',
      GATEWAY_SETTLING_MS: '0',
      LOG_LEVEL: 'silent',
    };
    expect(readConfig(given)).toMatchObject({
      ...given,
      PORT: 65_535,
      SANDBOX_SUCCESS_RATE: 0.5,
      GATEWAY_SETTLING_MS: 0,
    });
  });

  test.each(BAD)('refuses %s="%s" and names it', (name, value) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`\\b${name}\\b`));
  });

  test('reads the notifiers as a list, in which each is named once', () => {
    const smtp = { SMTP_URL: 'smtp://u:p@mail.example:587', SMTP_FROM: 'The shop <shop@example.com>' };
    expect(readConfig({ NOTIFIERS: 'none' }).NOTIFIERS).toEqual([]);
    expect(readConfig({ NOTIFIERS: 'log' }).NOTIFIERS).toEqual(['log']);
    expect(readConfig({ NOTIFIERS: 'smtp, log', ...smtp })).toMatchObject({ NOTIFIERS: ['log', 'smtp'], ...smtp });
  });

  test('says what is missing when mails are to be sent', () => {
    const message = messageOf(() => readConfig({ NOTIFIERS: 'smtp' }));
    expect(message).toMatch(/must be set when NOTIFIERS names smtp\s+→ at SMTP_URL/);
    expect(message).toMatch(/must be set when NOTIFIERS names smtp\s+→ at SMTP_FROM/);
  });

  test('names every fault at once', () => {
    const first = Object.fromEntries(new Map(BAD.toReversed()));
    const names = Object.keys(first);
    const message = messageOf(() => readConfig(first));
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(message))).toEqual([]);
  });

  test('does not repeat the values it refuses, which may be secrets', () => {
    const message = messageOf(() =>
      readConfig({ PORT: 'hunter2', LOG_LEVEL: 'hunter2', SANDBOX_LATENCY_MS: 'hunter2' }),
    );
    expect(message).not.toContain('hunter2');
  });

  test('cannot be changed after it was read', () => {
    expect(Object.isFrozen(readConfig({}))).toBe(true);
  });
});

function messageOf(read: () => unknown): string {
  try {
    read();
  } catch (error) {
    return String(error);
  }
  throw new Error('nothing was refused');
}
