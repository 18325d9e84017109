import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { eventually } from '../support/end-state.js';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { startFakeStripe, type FakeStripe, type Fault } from '../support/stripe/fake-stripe.js';
import { sendStripeEvent, WEBHOOK_SECRET } from '../support/stripe/signed-stripe-events.js';

let stack: Stack;
let stripe: FakeStripe;
let api: HoldfastProcess;
let worker: HoldfastProcess;
let shop: Shop;
const environment = () => ({
  GATEWAY: 'stripe',
  // Empty is not set: Stripe needs no sandbox.
  SANDBOX_URL: '',
  STRIPE_SECRET_KEY: 'sk_test_of_the_tests',
  STRIPE_WEBHOOK_SECRETS: WEBHOOK_SECRET,
  STRIPE_API_URL: stripe.url,
  GATEWAY_TIMEOUT_MS: '2000',
  GATEWAY_SETTLING_MS: '500',
  BREAKER_FAILURES: '1000',
  RETRY_INITIAL_MS: '100',
});
beforeAll(async () => {
  [stack, stripe] = await Promise.all([startStack(), startFakeStripe()]);
  [api, worker] = await Promise.all([stack.serve('api', environment()), stack.serve('worker', environment())]);
  shop = createShop(api.url);
});
afterAll(async () => {
  await stack?.close();
  await stripe?.close();
});

const movesOf = (id: string) => stripe.moves.filter((move) => move.includes(` ${id} `));
const captureOf = (id: string) => `capture ${id} 1999 eur`;
const askedBack = { reason: 'changed her mind', amount_minor: 500 };

async function paid(method = 'pm_card_visa') {
  const { body } = await shop.post(aCheckout({}, method), { Prefer: 'wait=30' });
  expect(body.status).toBe('confirmed');
  return body;
}

const untilRefund = (id: string, state: string) =>
  eventually(
    async () => (await shop.get(id)).body,
    ({ refunds }) => refunds.some((refund) => refund.state === state),
  );

test('with Stripe alone an order is paid, and refunded in part; the rest goes back when it is cancelled', async () => {
  const { id } = await paid();
  expect((await shop.ask(id, 'refunds', askedBack, { 'Idempotency-Key': id })).status).toBe(202);
  await untilRefund(id, 'succeeded');
  expect((await shop.ask(id, 'cancel', { reason: 'changed her mind' })).status).toBe(202);
  await shop.until(id, ['cancelled'], 45_000);
  expect(movesOf(id)).toEqual([captureOf(id), `refund ${id} 500 eur`, `refund ${id} 1499 eur`]);
});

test('a card that is declined fails the order with the codes of the bank', async () => {
  const checkout = aCheckout({}, 'pm_card_chargeDeclinedInsufficientFunds');
  const { body } = await shop.post(checkout, { Prefer: 'wait=30' });
  expect(body).toMatchObject({
    status: 'failed',
    failure: { reason: 'payment_declined', detail: 'card_declined: insufficient_funds' },
  });
  expect(movesOf(body.id)).toEqual([]);
});

const FAULTS: readonly Fault[] = [
  'hang_before',
  'hang_after',
  'reset_before',
  'reset_after',
  'fault_before',
  'fault_after',
  { limit: 1 },
];

test('whatever goes wrong with a call, each order is charged once, and refunded once', async () => {
  const checkouts = FAULTS.flatMap((fault) =>
    (['create', 'confirm'] as const).map((operation) => {
      const checkout = aCheckout({}, 'pm_card_visa');
      stripe.spoil(operation, fault, checkout.order_id);
      return checkout;
    }),
  );
  await Promise.all(checkouts.map((checkout) => shop.post(checkout)));
  for (const { order_id } of checkouts) await shop.until(order_id, ['confirmed'], 60_000);
  for (const { order_id } of checkouts) expect(movesOf(order_id)).toEqual([captureOf(order_id)]);

  const refunded = checkouts.slice(0, FAULTS.length).map(({ order_id }) => order_id);
  for (const [place, id] of refunded.entries()) {
    stripe.spoil('refund', FAULTS[place] ?? 'reset_after', id);
    expect((await shop.ask(id, 'refunds', askedBack, { 'Idempotency-Key': id })).status).toBe(202);
  }
  for (const id of refunded) await untilRefund(id, 'succeeded');
  for (const id of refunded) expect(movesOf(id)).toEqual([captureOf(id), `refund ${id} 500 eur`]);
});

test('a refund that the bank takes back fails when Stripe says so, under a dead letter', async () => {
  const { id } = await paid('pm_card_pendingRefund');
  await shop.ask(id, 'refunds', askedBack, { 'Idempotency-Key': id });
  const sent = await eventually(
    async () => [...stripe.refunds.values()].find(({ metadata }) => metadata['order_id'] === id),
    (refund) => refund !== undefined,
  );
  stripe.settleRefund(sent?.id ?? '', 'succeeded');
  await sendStripeEvent(api.url, 'refund.updated', sent ?? {});
  await untilRefund(id, 'succeeded');
  stripe.settleRefund(sent?.id ?? '', 'failed');
  expect((await sendStripeEvent(api.url, 'refund.failed', sent ?? {})).status).toBe(200);
  await untilRefund(id, 'failed');
  const { body } = await shop.call(`/v1/dead-letters?order_id=${id}`);
  expect(body).toMatchObject({ data: [{ kind: 'refund', error_class: 'RefundTakenBack', state: 'open' }] });
});

test('an event with another signature is refused', async () => {
  const headers = { 'Stripe-Signature': 't=1,v1=00' };
  const response = await fetch(`${api.url}/webhooks/payments/stripe`, { method: 'POST', headers, body: '{}' });
  expect(await response.json()).toMatchObject({ status: 400, code: 'invalid-signature' });
});

test('a worker killed at any moment of a charge or refund leaves each order charged once and refunded once', async () => {
  const refunds = await Promise.all([paid(), paid()]);
  const charges = Array.from({ length: 4 }, () => aCheckout({}, 'pm_card_visa'));
  const places = [
    ['create', 'hang_before', charges[0]?.order_id],
    ['create', 'hang_after', charges[1]?.order_id],
    ['confirm', 'hang_before', charges[2]?.order_id],
    ['confirm', 'hang_after', charges[3]?.order_id],
    ['refund', 'hang_before', refunds[0]?.id],
    ['refund', 'hang_after', refunds[1]?.id],
  ] as const;
  for (const [operation, fault, orderId] of places) stripe.spoil(operation, fault, orderId);
  const hanging = Promise.all(places.map(([operation, , orderId]) => stripe.hanging(operation, orderId)));
  await Promise.all(charges.map((checkout) => shop.post(checkout)));
  for (const { id } of refunds) await shop.ask(id, 'refunds', askedBack, { 'Idempotency-Key': id });
  await hanging;
  worker.kill('SIGKILL');
  await worker.exited;

  await stack.serve('worker', environment());
  for (const { order_id } of charges) await shop.until(order_id, ['confirmed'], 60_000);
  for (const { order_id } of charges) expect(movesOf(order_id)).toEqual([captureOf(order_id)]);
  for (const { id } of refunds) await untilRefund(id, 'succeeded');
  for (const { id } of refunds) expect(movesOf(id)).toEqual([captureOf(id), `refund ${id} 500 eur`]);
}, 120_000);
