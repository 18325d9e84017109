import { describe, expect, test } from '@jest/globals';
import { readConfig, SETTINGS } from '../../../src/config.js';

const NAMES = SETTINGS.map(({ name }) => name);

const BAD: [name: string, value: string][] = [
  ['LOG_LEVEL', 'loud'],
  ...['PORT', 'INTERNAL_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT', 'SANDBOX_PORT'].flatMap((name) =>
    ['0', '65536', '-1', '80.5', 'http', ' '].map((value): [string, string] => [name, value]),
  ),
  ['MAX_BODY_BYTES', '1023'],
  ['MAX_CHECKOUTS', '0'],
  ['ACCEPT_TARGET_MS', '9'],
  ['MAX_REQUESTS', '4'],
  ['RATE_LIMIT_PER_KEY', '-1'],
  ['RATE_LIMIT_WINDOW_MS', '999'],
  ['API_KEY_CACHE_MS', '60001'],
  ...[
    '*',
    'shop.example',
    'https://shop.example/',
    'https://shop.example/a',
    'https://a.example, https://b.example',
  ].map((value): [string, string] => ['CORS_ORIGINS', value]),
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
  ...['pk_test_abc', 'sk_test_', 'sk_test_a b'].map((value): [string, string] => ['STRIPE_SECRET_KEY', value]),
  ['STRIPE_WEBHOOK_SECRETS', 'whsec_a,b'],
  ['STRIPE_API_URL', 'stripe.example'],
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
  ['SHOP_NAME', 'x'.repeat(101)],
  ...[
    'localhost/holdfast',
    'mysql://u:p@db/holdfast',
    'postgres://',
    'postgres://u:p@db:99999/holdfast',
    'postgres://u:a#b@db/holdfast',
  ].map((value): [string, string] => ['DATABASE_URL', value]),
  ...['temporal', 'http://temporal:7233', 'temporal:grpc'].map((value): [string, string] => [
    'TEMPORAL_ADDRESS',
    value,
  ]),
  ...['sandbox:4242', 'http://sandbox:99999', 'http://shop:hunter2@sandbox', 'http://shop@sandbox'].map(
    (value): [string, string] => ['SANDBOX_URL', value],
  ),
  ...['whsec_', 'secret', `whsec_${'A'.repeat(28)}`, `whsec_${'A'.repeat(44)},`].map((value): [string, string] => [
    'SANDBOX_EVENT_SECRETS',
    value,
  ]),
  ['DRAIN_DELAY_MS', '60001'],
  ...['localhost:4318', 'grpc://collector:4317', 'http://'].flatMap((value): [string, string][] => [
    ['OTEL_EXPORTER_OTLP_ENDPOINT', value],
    ['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT', value],
  ]),
  ['OTEL_TRACES_SAMPLER', 'sometimes'],
  ['OTEL_TRACES_SAMPLER_ARG', '1.5'],
  ['OTEL_TRACES_EXPORTER', 'jaeger'],
  ['TEMPORAL_TLS', 'yes please'],
  ['RETRIES', '0'],
  ['RETRIES', '2.5'],
  ['RETRY_INITIAL_MS', '9'],
  ['RETRY_MAXIMUM_MS', '3600001'],
  ['LOOKUP_MAXIMUM_MS', '99'],
];

describe('the configuration', () => {
  test.each(SETTINGS)('has for $name the default that it says it has', ({ name, defaultText }) => {
    const { [name]: value } = readConfig({}) as Record<string, unknown>;
    if (defaultText === '') expect([undefined, readConfig({}).HOLDFAST_CACHE]).toContain(value);
    else expect(String(value)).toBe(defaultText);
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
      TEMPORAL_ADDRESS: '[::1]:7233',
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

  test('reaches Temporal with TLS and a client certificate, and requires the certificate and its key together', () => {
    const tls = { TEMPORAL_ADDRESS: 'temporal.example:7233', TEMPORAL_TLS: 'true', TEMPORAL_API_KEY: 'a-key' };
    const pair = { TEMPORAL_TLS_CLIENT_CERT_PATH: '/client.pem', TEMPORAL_TLS_CLIENT_KEY_PATH: '/client.key' };
    expect(readConfig({ ...tls, ...pair })).toMatchObject({ ...pair, TEMPORAL_TLS: true, TEMPORAL_API_KEY: 'a-key' });
    for (const [name, value] of Object.entries(pair)) {
      expect(() => readConfig({ ...tls, [name]: value })).toThrow('TEMPORAL_TLS_CLIENT_KEY_PATH: set both or neither');
    }
  });

  test.each([
    ['TEMPORAL_TLS', 'true', 'needs TEMPORAL_ADDRESS'],
    ['TEMPORAL_API_KEY', 'a-key', 'needs TEMPORAL_TLS=true'],
    ['TEMPORAL_TLS_SERVER_CA_CERT_PATH', '/ca.pem', 'needs TEMPORAL_TLS=true'],
    ['TEMPORAL_TLS_CLIENT_CERT_PATH', '/client.pem', 'needs TEMPORAL_TLS=true'],
    ['TEMPORAL_TLS_CLIENT_KEY_PATH', '/client.key', 'needs TEMPORAL_TLS=true'],
  ])('shows Temporal nothing by %s alone', (name, value, must) => {
    expect(() => readConfig({ [name]: value })).toThrow(new RegExp(`\\b${name} .*${must}`));
  });

  test('says what is missing when mails are to be sent', () => {
    const message = messageOf(() => readConfig({ NOTIFIERS: 'smtp', PORT: '0' }));
    expect(message).toContain('SMTP_URL is not set; it must be set when NOTIFIERS names smtp');
    expect(message).toContain('SMTP_FROM is not set; it must be set when NOTIFIERS names smtp');
    expect(message).toContain('PORT is "0"');
  });

  test('names all faults together', () => {
    const first = Object.fromEntries(new Map(BAD.toReversed()));
    const names = Object.keys(first);
    const message = messageOf(() => readConfig(first));
    expect(names.filter((name) => !new RegExp(`\\b${name}\\b`).test(message))).toEqual([]);
  });

  test('says what was given and what is allowed', () => {
    expect(messageOf(() => readConfig({ PORT: '0', LOG_LEVEL: 'loud', RETRY_MAXIMUM_MS: '999' }))).toBe(
      [
        'Error: The configuration has 3 faults:',
        '  LOG_LEVEL is "loud"; it must be fatal, error, warn, info, debug, trace or silent',
        '  PORT is "0"; it must be a whole number from 1 to 65535',
        '  RETRY_MAXIMUM_MS is "999"; it must not be less than RETRY_INITIAL_MS',
      ].join('\n'),
    );
  });

  test('says nothing of how two variables go together when one of them is wrong already', () => {
    const message = messageOf(() => readConfig({ RETRY_INITIAL_MS: 'soon', RETRY_MAXIMUM_MS: '999' }));
    expect(message).toMatch(/has a fault:\n {2}RETRY_INITIAL_MS is "soon"[^\n]*$/);
  });

  test.each(SETTINGS.filter(({ secret }) => secret !== undefined))(
    'does not repeat what it refuses as $name, which may hold a secret',
    ({ name }) => {
      for (const value of ['hunter2', 'ftp://shop:hunter2@host/', 'postgres:// hunter2', 'shop:hunter2@host']) {
        const message = messageOf(() => readConfig({ [name]: value }));
        expect(message).toContain(name);
        expect(message).not.toContain('hunter2');
      }
    },
  );

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

describe('a key of Stripe', () => {
  const live = 'sk_live_abc';
  const test_ = 'sk_test_abc';
  const SANDBOX_URL = 'http://sandbox:4242';

  test.each([
    ['live', { STRIPE_SECRET_KEY: live }, 'is a live key, and the payment sandbox is on'],
    [
      'live',
      { STRIPE_SECRET_KEY: live, GATEWAY: 'stripe', SANDBOX_URL },
      'is a live key, and the payment sandbox is on',
    ],
    [
      'test',
      { STRIPE_SECRET_KEY: test_, GATEWAY: 'stripe', NODE_ENV: 'production' },
      'is a test key, and NODE_ENV is production',
    ],
  ])('that is a %s one is refused in the wrong place, and not shown', (_, environment, words) => {
    const reading = () => readConfig(environment);
    expect(reading).toThrow(words);
    expect(reading).not.toThrow('abc');
  });

  test.each([
    [{ STRIPE_SECRET_KEY: live, GATEWAY: 'stripe', NODE_ENV: 'production' }],
    [{ STRIPE_SECRET_KEY: test_, SANDBOX_URL }],
  ])('is taken in the right one', (environment) => {
    expect(readConfig(environment)).toMatchObject(environment);
  });
});
