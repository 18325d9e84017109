import type { Stripe } from 'stripe';
import type { Captured, Declined, LookupResult, RefundLookup } from '../../../activities/payments.js';
import { minorOf } from './amounts.js';
import { declineCode } from './stripe-errors.js';

/** What a PaymentIntent tells of its charge. `not_found`: it exists, and was not confirmed. */
export function chargeOf(intent: Stripe.PaymentIntent): LookupResult {
  switch (intent.status) {
    case 'succeeded':
      return captured(intent);
    case 'canceled':
      return { kind: 'declined', code: `canceled: ${intent.cancellation_reason ?? 'canceled'}` };
    case 'requires_payment_method':
      return declined(intent) ?? { kind: 'not_found' };
    case 'requires_confirmation':
      return { kind: 'not_found' };
    case 'processing':
    case 'requires_action':
    case 'requires_capture':
    default:
      return { kind: 'processing' };
  }
}

/** What a Refund tells. One that the bank has to accept first is under way. */
export function refundOf({ id, status, failure_reason }: Stripe.Refund): RefundLookup {
  if (status === 'succeeded') return { kind: 'refunded', reference: id };
  if (status === 'failed' || status === 'canceled') return { kind: 'refused', code: failure_reason ?? status };
  return { kind: 'processing' };
}

function captured({ id, amount_received, currency: lower }: Stripe.PaymentIntent): Captured {
  const currency = lower.toUpperCase();
  return { kind: 'captured', reference: id, amountMinor: minorOf(amount_received, currency), currency };
}

function declined({ last_payment_error: error }: Stripe.PaymentIntent): Declined | undefined {
  if (error === null) return undefined;
  const { code, decline_code } = error;
  return {
    kind: 'declined',
    code: declineCode({
      ...(code === undefined ? {} : { code }),
      ...(decline_code === undefined ? {} : { decline_code }),
    }),
  };
}
