import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/end-state.js';
import { startProcess, type HoldfastProcess } from '../support/holdfast-process.js';
import { runCommand } from '../support/run-command.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const PROGRAM = fileURLToPath(new URL('../support/voucher/serve.mjs', import.meta.url));

let stack: Stack;
let server: HoldfastProcess | undefined;
let shop: Shop;
const environment = () => ({
  DATABASE_URL: stack.databaseUrl,
  TEMPORAL_ADDRESS: stack.temporalAddress,
  TEMPORAL_NAMESPACE: stack.namespace,
  GATEWAY: 'voucher',
});
beforeAll(async () => {
  stack = await startStack();
  server = await startProcess([], environment(), { program: PROGRAM });
  shop = createShop(server.url);
});
afterAll(async () => {
  await server?.stop();
  await stack?.close();
});

test('a gateway of the shop takes money and gives it back, without any setting of the sandbox', async () => {
  const { body: order } = await shop.post(aCheckout({}, 'voucher_ok'), { Prefer: 'wait=30' });
  expect(order.status).toBe('confirmed');
  const refund = { reason: 'changed her mind', amount_minor: 500 };
  expect((await shop.ask(order.id, 'refunds', refund, { 'Idempotency-Key': order.id })).status).toBe(202);
  const { refunds } = await eventually(
    async () => (await shop.get(order.id)).body,
    ({ refunds: [first] }) => first?.state === 'succeeded',
  );
  expect(refunds).toMatchObject([{ state: 'succeeded', amount_minor: 500 }]);
});

test('its refusal fails the order with its own code', async () => {
  const { body: order } = await shop.post(aCheckout({}, 'voucher_empty'), { Prefer: 'wait=30' });
  expect(order).toMatchObject({ status: 'failed', failure: { reason: 'payment_declined' } });
  expect(JSON.stringify(order.payment)).toContain('voucher_empty');
});

test('its events arrive at its own path once it vouches for them, and those of another gateway do not', async () => {
  const send = (gateway: string, headers: Record<string, string>) =>
    fetch(`${server?.url}/webhooks/payments/${gateway}`, {
      method: 'POST',
      headers,
      body: JSON.stringify({ id: 'v-1', charge_key: 'none', order_id: 'none' }),
    });
  expect((await send('voucher', { 'x-voucher-stamp': 'genuine' })).status).toBe(200);
  expect((await send('voucher', {})).status).toBe(400);
  expect((await send('sandbox', { 'x-voucher-stamp': 'genuine' })).status).toBe(404);
});

test('a gateway without a circuit breaker has no gauge for one', async () => {
  const metrics = await (await fetch(`${server?.internalUrl}/metrics`)).text();
  expect(metrics).not.toContain('holdfast_gateway_breaker_open');
});

test('an unknown gateway is refused at the start, with a list of the known ones', async () => {
  const { code, output } = await runCommand(['serve'], environment());
  expect(output).toContain('GATEWAY is "voucher", and the payment gateways are: sandbox, stripe');
  expect(code).toBe(1);
});

test('all missing settings of the chosen gateway are reported together', async () => {
  const { code, output } = await runCommand(['serve'], {});
  expect(output).toContain('Not set: DATABASE_URL, TEMPORAL_ADDRESS, SANDBOX_URL');
  expect(code).toBe(1);
});

test('without a key of Stripe, nothing of its package is loaded', async () => {
  const NODE_OPTIONS = `--import ${new URL('../support/stripe/refuse-stripe.mjs', import.meta.url).href}`;
  const { output } = await runCommand(['serve'], {
    ...environment(),
    GATEWAY: 'stripe',
    STRIPE_SECRET_KEY: 'sk_test_abc',
    NODE_OPTIONS,
  });
  expect(output).toContain('Stripe was loaded');
  const quiet = await startProcess([], { ...environment(), NODE_OPTIONS }, { program: PROGRAM });
  expect(await quiet.stop()).toBe(0);
});
