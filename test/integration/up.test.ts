import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { runCommand } from '../support/run-command.js';
import { freePort, startProcess, type HoldfastProcess } from '../support/holdfast-process.js';
import { aCheckout, createShop } from '../support/shop.js';
import { TEST_KEY } from '../support/test-key.js';

const START_MS = 120_000;
const homes: string[] = [];
const running: HoldfastProcess[] = [];

async function newHome(): Promise<Record<string, string>> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-up-'));
  homes.push(home);
  await writeFile(join(home, 'api-key'), `${TEST_KEY.text}\n`);
  const variables = ['PORT', 'INTERNAL_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT', 'SANDBOX_PORT'];
  const ports = await Promise.all(variables.map(async (name) => [name, `${await freePort()}`] as const));
  const cli = process.env['HOLDFAST_TEMPORAL_CLI'] ?? '';
  return { HOLDFAST_HOME: home, HOLDFAST_TEMPORAL_CLI: cli, BREAKER_FAILURES: '1000', ...Object.fromEntries(ports) };
}

async function up(environment: Record<string, string>): Promise<HoldfastProcess> {
  const started = await startProcess(['up'], environment, { readyMs: START_MS });
  running.push(started);
  return started;
}

async function chargesOf(environment: Record<string, string>, orderId: string): Promise<unknown[]> {
  const answer = await fetch(`http://127.0.0.1:${environment['SANDBOX_PORT']}/v1/ledger?order_id=${orderId}`);
  return ((await answer.json()) as { data: unknown[] }).data;
}

let first: Record<string, string>;
let second: Record<string, string>;
beforeAll(async () => {
  first = await newHome();
  second = await newHome();
});
afterAll(async () => {
  await Promise.all(running.map((one) => one.stop()));
  await Promise.all(homes.map((home) => rm(home, { recursive: true, force: true })));
});

test('Ctrl-C during twenty open orders loses nothing: after the next start all settle, each charged once', async () => {
  const before = await up(first);
  const seeds = [{ sku: 'many', name: 'Many', currency: 'EUR', unit_price_minor: 100, on_hand: 50 }];
  const file = join(first['HOLDFAST_HOME'] ?? '', 'seeds.json');
  await writeFile(file, JSON.stringify(seeds));
  expect(await runCommand(['seed', file], first)).toMatchObject({ code: 0 });

  const checkouts = Array.from({ length: 20 }, (_, i) =>
    aCheckout(
      { items: [{ sku: 'many', quantity: 1 }] },
      ['pm_slow_2000', 'pm_fail_2', 'pm_ok', 'pm_timeout_after'][i % 4],
    ),
  );
  const shop = createShop(before.url);
  const answers = await Promise.all(checkouts.map((checkout) => shop.post(checkout)));
  expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
  before.kill('SIGINT');
  expect(await before.exited).toBe(0);
  expect(before.output()).toContain('Stopped.');

  const after = await up(first);
  const again = createShop(after.url);
  for (const { order_id } of checkouts) {
    await again.until(order_id, ['confirmed'], 60_000);
    expect(await chargesOf(first, order_id)).toHaveLength(1);
  }
  // The catalog is seeded on the first start only.
  const A = await again.post(aCheckout({ items: [{ sku: 'product-A', quantity: 11 }] }), { Prefer: 'wait=20' });
  expect(A.body.failure?.reason).toBe('out_of_stock');
}, 150_000);

test('two instances with other ports and homes run side by side and know nothing of each other', async () => {
  const other = await up(second);
  const checkout = aCheckout();
  const { body } = await createShop(other.url).post(checkout, { Prefer: 'wait=20' });
  expect(body.status).toBe('confirmed');
  const [instance] = running.slice(-2);
  expect((await createShop(instance?.url ?? '').get(checkout.order_id)).status).toBe(404);

  expect(other.output()).toContain(`$(cat '${join(second['HOLDFAST_HOME'] ?? '', 'api-key')}')`);
  const log = await readFile(join(second['HOLDFAST_HOME'] ?? '', 'holdfast.log'), 'utf8');
  expect(log).not.toContain(TEST_KEY.text);
  expect(log).toContain('"serving"');
});

test('a port that is taken is named, with the variable that changes it', async () => {
  const third = { ...(await newHome()), PORT: second['PORT'] ?? '' };
  await expect(up(third)).rejects.toThrow(/is taken by process \d+ \(node.*\); set PORT to a free one/);
});
