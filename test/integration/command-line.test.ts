import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually, lettersOf } from '../support/end-state.js';
import { runCommand } from '../support/run-command.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { TEST_KEY } from '../support/test-key.js';

let stack: Stack;
let shop: Shop;
let environment: Record<string, string>;

beforeAll(async () => {
  stack = await startStack();
  const { url } = await stack.serve('api,worker', { RETRY_INITIAL_MS: '10' });
  shop = createShop(url);
  environment = { HOLDFAST_URL: url, HOLDFAST_API_KEY: TEST_KEY.text };
});
afterAll(async () => stack?.close());

/** What a command prints where there is no terminal: JSON. */
async function holdfast(...args: string[]) {
  const { code, output } = await runCommand(args, environment);
  expect({ args, code, output }).toMatchObject({ code: 0 });
  return JSON.parse(output) as Record<string, unknown>;
}

async function place(method = 'pm_ok', status = 'confirmed'): Promise<string> {
  const checkout = aCheckout({ customer_id: `customer-${method}` }, method);
  await shop.post(checkout);
  await shop.until(checkout.order_id, [status]);
  return checkout.order_id;
}

test('an order is found, refunded in part and cancelled from the command line, by a named person', async () => {
  const id = await place();
  expect(await holdfast('orders', 'get', id)).toMatchObject({ id, status: 'confirmed' });
  const found = await holdfast(
    'orders',
    'list',
    '--status',
    'confirmed',
    '--customer',
    'customer-pm_ok',
    '--limit',
    '1',
  );
  expect(found).toMatchObject({ data: [{ id }] });

  const refund = ['orders', 'refund', id, '--amount-minor', '500', '--reason', 'scratched', '--key', 'refund-1'];
  expect(await holdfast(...refund, '--actor', 'Dana Scully')).toMatchObject({ amount_minor: 500 });
  await holdfast(...refund, '--actor', 'Dana Scully');
  await eventually(
    () => shop.get(id),
    ({ body }) => body.refunds[0]?.state === 'succeeded',
  );
  expect(await holdfast('orders', 'cancel', id, '--reason', 'ordered twice', '--actor', 'Anaïs 漢')).toMatchObject({
    id,
  });
  await shop.until(id, ['cancelled']);
  const { rows } = await stack.database.pool.query<{ name: string | null }>(
    `select distinct actor ->> 'name' as name from order_events where order_id = $1 and actor is not null order by 1`,
    [id],
  );
  expect(rows.map(({ name }) => name)).toEqual(expect.arrayContaining(['Anaïs 漢', 'Dana Scully']));
  expect((await shop.get(id)).body.refunds.map(({ amount_minor }) => amount_minor)).toEqual(
    expect.arrayContaining([1_499, 500]),
  );
});

test('"orders tail" prints the events of an order until it is settled', async () => {
  const checkout = aCheckout({}, 'pm_slow_1000');
  await shop.post(checkout);
  const { code, output } = await runCommand(['orders', 'tail', checkout.order_id], environment);
  const lines = output
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type?: string; status?: string });
  expect(code).toBe(0);
  expect(lines.flatMap(({ type }) => type ?? [])).toEqual(['order.created', 'inventory.reserved', 'order.confirmed']);
  expect(lines.at(-1)).toEqual({ status: 'confirmed' });
});

test('a dead letter is listed, redriven and discarded from the command line', async () => {
  const id = await place('pm_fail_99', 'failed');
  const open = (await holdfast('dead-letters', 'list', '--order', id, '--kind', 'charge')) as {
    data: { id: string }[];
  };
  expect(open.data).toHaveLength(1);
  const letter = open.data[0]?.id ?? '';
  await holdfast('dead-letters', 'redrive', letter);
  await eventually(
    () => lettersOf(stack, id),
    ([one]) => one?.state === 'open',
  );
  await shop.until(id, ['failed']);
  expect(await holdfast('dead-letters', 'discard', letter, '--note', 'the customer gave up')).toMatchObject({
    state: 'discarded',
  });
  expect(await holdfast('dead-letters', 'list', '--order', id)).toMatchObject({ data: [] });
});

test.each([
  [['orders', 'get', 'unknown-1'], /^✖ .*[Nn]o.*\n$/],
  [['orders', 'list', '--limit', '1000'], /^✖ [^\n]*\n  \S*limit /],
  [['orders', 'list', '--status', 'paid'], /^✖ [^\n]*\n  \S*status /],
  [['dead-letters', 'evidence', 'dl_1', '--outcome', 'perhaps', '--note', 'x'], /^✖ [^\n]*\n  \S*outcome /],
])('a request that the API refuses ends with its words and exit code 1: %j', async (args, words) => {
  const { code, output } = await runCommand(args, environment);
  expect(code).toBe(1);
  expect(output).toMatch(words);
});

test.each([
  [{ HOLDFAST_API_KEY: `hf_${'nope'.repeat(12)}` }, /^✖ /],
  [{ HOLDFAST_API_KEY: 'nopenope' }, /HOLDFAST_API_KEY is set to something else \(hidden\); it must be hf_/],
  [
    { HOLDFAST_URL: 'http://127.0.0.1:9' },
    /^✖ the API at http:\/\/127\.0\.0\.1:9 does not answer; start "holdfast up"/,
  ],
  [{ HOLDFAST_API_KEY: '', HOLDFAST_HOME: '/nowhere' }, /^✖ there is no API key: set HOLDFAST_API_KEY, or start/],
])('a command with %j says what to set', async (given, words) => {
  const { code, output } = await runCommand(['orders', 'list'], { ...environment, ...given });
  expect(code).toBe(1);
  expect(output).toMatch(words);
  expect(output).not.toContain('nopenope');
});

test.each(['bash', 'zsh', 'fish'])('"completion %s" knows the commands and their options', async (shell) => {
  const { code, output } = await runCommand(['completion', shell], {});
  expect(code).toBe(0);
  for (const word of ['dead-letters', 'redrive', '--customer', '--reason']) expect(output).toContain(word);
});
