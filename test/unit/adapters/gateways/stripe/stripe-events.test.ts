import { expect, test } from '@jest/globals';
import { Stripe } from 'stripe';
import { createStripeEvents } from '../../../../../src/adapters/gateways/stripe/stripe-events.js';

const [SECRET, NEXT, OTHER] = ['whsec_one', 'whsec_next', 'whsec_other'];
const stripe = new Stripe('sk_test_x');
const events = createStripeEvents({ stripe, secrets: [SECRET, NEXT] });

const INTENT = { object: 'payment_intent', metadata: { order_id: 'o', attempt: '1', charge_key: 'o:charge:1' } };
const REFUND = { object: 'refund', metadata: { order_id: 'o', refund_key: 'o:refund:r:1' } };
const bodyOf = (type: string, object: object) =>
  JSON.stringify({ id: 'evt_1', object: 'event', type, data: { object } });
const BODY = bodyOf('payment_intent.succeeded', INTENT);

function verify(
  payload: string,
  { secret = SECRET, timestamp, sent = payload }: { secret?: string; timestamp?: number; sent?: string } = {},
) {
  const header = stripe.webhooks.generateTestHeaderString({
    payload,
    secret,
    ...(timestamp === undefined ? {} : { timestamp }),
  });
  return events.verify(new Headers({ 'stripe-signature': header }), Buffer.from(sent));
}
const nowS = () => Math.floor(Date.now() / 1_000);

test('an event with a valid signature is read', () => {
  const event = { eventId: 'evt_1', type: 'charge.captured', chargeKey: 'o:charge:1', refundKey: null, orderId: 'o' };
  expect(verify(BODY)).toEqual({ ok: true, event });
});

test('while a secret is replaced, both sign', () => {
  expect(verify(BODY, { secret: NEXT })).toMatchObject({ ok: true });
});

test.each([
  ['of another secret', { secret: OTHER }],
  ['that is too old', { timestamp: nowS() - 301 }],
  ['of other bytes', { sent: `${BODY} ` }],
])('a signature %s is refused', (_, given) => {
  expect(verify(BODY, given)).toEqual({ ok: false, reason: 'signature_wrong' });
});

test('an event without a signature is refused', () => {
  expect(events.verify(new Headers(), Buffer.from(BODY))).toEqual({ ok: false, reason: 'signature_missing' });
});

test.each(['nothing', '{}', '{"id":"evt_1","type":"t","data":{}}', '[]'])(
  'a signed body that is no event is invalid: %s',
  (body) => {
    expect(verify(body)).toEqual({ ok: false, reason: 'body_invalid' });
  },
);

test.each([
  ['payment_intent.payment_failed', INTENT, { type: 'charge.declined', chargeKey: 'o:charge:1' }],
  ['payment_intent.processing', INTENT, { type: 'payment_intent.processing', chargeKey: 'o:charge:1' }],
  ['refund.updated', { ...REFUND, status: 'succeeded' }, { type: 'refund.succeeded', refundKey: 'o:refund:r:1' }],
  ['refund.failed', { ...REFUND, status: 'failed' }, { type: 'refund.failed', refundKey: 'o:refund:r:1' }],
  ['refund.created', { ...REFUND, status: 'pending' }, { type: 'refund.created', refundKey: 'o:refund:r:1' }],
])('%s says which charge or refund it is about', (type, object, event) => {
  expect(verify(bodyOf(type, object))).toMatchObject({ ok: true, event: { orderId: 'o', ...event } });
});

test('an event about what another program did names no order', () => {
  const event = { orderId: null, chargeKey: null, refundKey: null };
  expect(verify(bodyOf('payment_intent.succeeded', { object: 'payment_intent', metadata: {} }))).toMatchObject({
    event,
  });
  expect(verify(bodyOf('customer.created', { object: 'customer' }))).toMatchObject({ event });
});
