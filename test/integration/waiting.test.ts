import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/end-state.js';
import { freePort, type HoldfastProcess } from '../support/holdfast-process.js';
import { startSandboxProcess, type SandboxProcess } from '../support/sandbox-process.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

interface Waiting {
  waiting: { for: string; until: string | null } | null;
}
const CLOSED = { breaker: 'closed', scope: null, since: null, until: null, workers: 0 };

let stack: Stack;
let worker: HoldfastProcess;
let shop: Shop;
let folder: string;
let gateway: SandboxProcess | undefined;
let port: number;
const startGateway = async () => (gateway = await startSandboxProcess(port, join(folder, 'ledger.jsonl')));

beforeAll(async () => {
  stack = await startStack();
  folder = await mkdtemp(join(tmpdir(), 'holdfast-waiting-'));
  port = await freePort();
  const settings = {
    RETRY_INITIAL_MS: '100',
    BREAKER_FAILURES: '1',
    BREAKER_HALF_OPEN_MS: '4000',
    SANDBOX_URL: `http://127.0.0.1:${port}`,
  };
  worker = await stack.serve('worker', settings);
  shop = createShop((await stack.serve('api', { ...settings, FRAUD_REVIEW_ABOVE_MINOR: '100000' })).url);
});
afterAll(async () => {
  await stack.close();
  await gateway?.kill();
  await rm(folder, { recursive: true, force: true });
});

const stats = async () => (await shop.call('/v1/stats')).body as unknown as { gateway: Record<string, unknown> };
const waitingOf = async (id: string) => ((await shop.get(id)).body as unknown as Waiting).waiting;

test('an order says that it waits for the breaker and until when, itself, in its stream, and in the statistics', async () => {
  expect((await stats()).gateway).toEqual(CLOSED);
  const opener = aCheckout();
  await shop.post(opener);
  await eventually(stats, ({ gateway: { breaker } }) => breaker === 'open');

  const checkout = aCheckout();
  await shop.post(checkout);
  const stream = await shop.follow(checkout.order_id);
  const waiting = await eventually(
    () => waitingOf(checkout.order_id),
    (now) => now !== null,
  );
  expect(waiting).toEqual({ for: 'payment_gateway', until: expect.any(String) });
  const leftMs = Date.parse(waiting?.until ?? '') - Date.now();
  expect(leftMs).toBeGreaterThan(-1_000);
  expect(leftMs).toBeLessThanOrEqual(6_500);
  expect((await stats()).gateway).toMatchObject({
    breaker: expect.stringMatching(/open$/),
    scope: 'method',
    since: expect.any(String),
    workers: 1,
  });
  const attempts = async () => (await shop.get(checkout.order_id)).body.payment.attempts;
  expect(await attempts()).toMatchObject([{ tries: 0 }]);

  await startGateway();
  const text = await stream.text();
  const told = [...text.matchAll(/^event: waiting\ndata: (.*)$/gm)].map(([, data = '']) => JSON.parse(data) as unknown);
  expect(told[0]).toEqual({ for: 'payment_gateway', until: expect.any(String) });
  expect(text).toContain('event: settled\ndata: {"status":"confirmed"}');
  expect(await waitingOf(checkout.order_id)).toBeNull();
  // It waited, and lost no try.
  expect(await attempts()).toMatchObject([{ tries: 1, state: 'captured' }]);
  await shop.until(opener.order_id, ['confirmed']);
  await eventually(stats, ({ gateway: { breaker } }) => breaker === 'closed');

  const lines = worker
    .output()
    .split('\n')
    .filter((line) => line.includes('"breaker":'));
  const states = lines.map((line) => (JSON.parse(line) as { breaker: string }).breaker);
  expect([states[0], states.at(-2), states.at(-1)]).toEqual(['open', 'half_open', 'closed']);
}, 90_000);

test('a breaker of a worker that died is forgotten', async () => {
  await stack.database.pool.query(
    `insert into gateway_breakers (process, gateway, state, scope, seen_at)
     values (gen_random_uuid(), 'sandbox', 'open', 'gateway', now() - interval '2 minutes')`,
  );
  expect((await stats()).gateway).toEqual(CLOSED);
  await stack.database.pool.query('update gateway_breakers set seen_at = now()');
  expect((await stats()).gateway).toMatchObject({ breaker: 'open', scope: 'gateway', workers: 1 });
  await stack.database.pool.query('delete from gateway_breakers');
});

test('an order in review waits for a person until the review expires', async () => {
  const checkout = aCheckout({ items: [{ sku: 'product-B', quantity: 30 }] });
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['in_review']);
  const { body } = await shop.get(checkout.order_id);
  const { waiting, review } = body as unknown as Waiting & { review: { by: string } };
  expect(waiting).toEqual({ for: 'review', until: review.by });
  const stream = await shop.follow(checkout.order_id);
  await shop.ask(checkout.order_id, 'review', { decision: 'reject' });
  expect(await stream.text()).toContain(`event: waiting\ndata: ${JSON.stringify(waiting)}`);
}, 60_000);
