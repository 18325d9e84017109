import { randomUUID } from 'node:crypto';
import { Stripe } from 'stripe';

export const WEBHOOK_SECRET = 'whsec_of_the_tests';

const stripe = new Stripe('sk_test_signs');

/** Sends an event as Stripe does: signed, over the bytes. */
export async function sendStripeEvent(url: string, type: string, object: object): Promise<Response> {
  const payload = JSON.stringify({ id: `evt_${randomUUID()}`, object: 'event', type, data: { object } });
  const signature = stripe.webhooks.generateTestHeaderString({ payload, secret: WEBHOOK_SECRET });
  return fetch(`${url}/webhooks/payments/stripe`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Stripe-Signature': signature },
    body: payload,
  });
}
