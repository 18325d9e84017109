import { describe, expect, test } from '@jest/globals';
import { DEFAULT_POLICY } from '../../../src/domain/policy.js';
import { RELAY_LIMITS } from '../../../src/relay/relay.js';
import { filesBelow, readText } from '../architecture/tree.js';

const sources = filesBelow('src').filter((path) => path.endsWith('.ts'));
const grouped = (value: number) => value.toLocaleString('en-US');
const { retry } = DEFAULT_POLICY;
const HOUR_MS = 3_600_000;

/** The numeric constant of this name in src, or in the one file that is meant: products of numbers only. */
function constant(name: string, file = ''): number {
  const pattern = new RegExp(`^(?:export )?const ${name} = ([\\d_.* ]+);`, 'm');
  const texts = sources
    .filter((path) => path.endsWith(file))
    .flatMap((path) => pattern.exec(readText(path))?.[1] ?? []);
  const [text] = texts;
  if (text === undefined || texts.length > 1) throw new Error(`there is no constant ${name} ${file}, or several`);
  return text.split('*').reduce((product, factor) => product * Number(factor.replaceAll('_', '')), 1);
}

const seconds = (name: string) => constant(name) / 1_000;
const adr = (number: string) => filesBelow('docs/adr').find((path) => path.includes(`/${number}-`)) ?? number;

const looksAgain = constant('LOOK_AGAIN_MS');
const longestRun = {
  signals: grouped(constant('MAX_SIGNALS')),
  events: grouped(constant('MAX_EVENTS')),
};
const pauses = Array.from({ length: retry.retries }, (_, n) => retry.initialIntervalMs * retry.backoffCoefficient ** n);

/** What the pages say about numbers that are constants in the code. */
const SAYINGS: readonly (readonly [string, string])[] = [
  [adr('0005'), `after ${DEFAULT_POLICY.lookupSlowAfterMs / HOUR_MS} hours once a day`],
  [
    adr('0007'),
    `after pauses of ${pauses
      .map((ms) => ms / 1_000)
      .join(', ')
      .replace(/, (\d+)$/, ' and $1')} seconds`,
  ],
  [adr('0007'), `its timeout is ${DEFAULT_POLICY.firstTryTimeoutMs / 1_000} seconds`],
  [adr('0009'), `PostgreSQL ${constant('OLDEST')} and newer`],
  [adr('0015'), `if necessary after ${seconds('EVENT_WAIT_MS')} seconds`],
  [adr('0032'), `otherwise after ${seconds('EVENT_WAIT_MS')} seconds`],
  [adr('0017'), `looks again ${looksAgain} ms later`],
  [adr('0017'), `${looksAgain} ms on a busy relay`],
  [adr('0017'), `lease of ${RELAY_LIMITS.leaseMs / 1_000} seconds`],
  [adr('0018'), `timeout of ${seconds('FIRST_TRY_MS')} seconds`],
  [adr('0018'), `one try every ${seconds('REST_MS')} seconds`],
  [adr('0020'), `every ${constant('BUSY_LOOK_MS')} ms while slots are scarce`],
  [adr('0020'), `After ${seconds('FORGET_MS')} seconds in which no order was begun`],
  [adr('0022'), `timeout plus ${seconds('SEND_MARGIN_MS')} seconds`],
  [adr('0023'), `beyond ${constant('ENOUGH')} there is no limit`],
  [adr('0024'), `has had ${longestRun.signals} signals or ${longestRun.events} events`],
  ['docs/events.md', `for ${seconds('FIRST_TRY_MS')} seconds, each later one for`],
  ['docs/events.md', `each later one for ${seconds('SEND_TIMEOUT_MS')}:`],
  ['docs/keys-and-limits.md', `${grouped(constant('MAX_URL_LENGTH'))} characters`],
  ['docs/keys-and-limits.md', `| ${constant('MAX_HEADERS')}, 8 KB together`],
  ['docs/keys-and-limits.md', `${constant('MAX_DEPTH')} levels`],
  ['docs/keys-and-limits.md', `${grouped(constant('MAX_VALUES'))} values`],
  ['docs/keys-and-limits.md', `| time to answer | ${seconds('REQUEST_TIMEOUT_MS')} s |`],
  ['docs/keys-and-limits.md', `| ${constant('MOST_WAITING', 'api/orders/order-routes.ts')} per process`],
  ['docs/operations.md', `counted up to ${grouped(constant('MOST_COUNTED'))}`],
  ['docs/errors.md', `There are ${constant('MOST_ENDPOINTS')} endpoints already`],
  ['docs/security.md', `webhook endpoints, at most ${constant('MOST_ENDPOINTS')}`],
];

describe('numbers that are constants in the code', () => {
  test.each(SAYINGS)('are in %s as the code has them: %s', (page, saying) => {
    expect(readText(page).replaceAll(/\s+/g, ' ')).toContain(saying);
  });
});

const FUNCTION = String.raw`hf() { curl -sS -w '\n' -H "Authorization: Bearer $key" -H 'Content-Type: application/json' "$@"; }`;

test('every page that calls the API from a shell does so by one and the same function', () => {
  const pages = ['README.md', ...filesBelow('docs').filter((path) => path.endsWith('.md'))];
  const callers = pages.filter((page) => /^hf /m.test(readText(page)));
  expect(callers.length).toBeGreaterThan(3);
  const lines = ['api=http://localhost:3000', 'key=$(cat .holdfast/api-key)', FUNCTION].join('\n');
  expect(callers.filter((page) => !readText(page).includes(lines))).toEqual([]);
  expect(pages.filter((page) => /^\w+\(\) \{/m.test(readText(page).replace(FUNCTION, '')))).toEqual([]);
});
