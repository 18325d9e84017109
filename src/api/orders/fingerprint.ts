import { createHash } from 'node:crypto';
import { canonicalText, type Checkout } from '../../domain/checkout.js';

/** SHA-256 of the checkout's canonical text: equal exactly when two checkouts ask for the same thing. */
export function fingerprintOf(checkout: Checkout): string {
  return createHash('sha256').update(canonicalText(checkout)).digest('hex');
}

/** The order id that belongs to an Idempotency-Key when the body names none: the same key is the same order. */
export function orderIdFromKey(key: string): string {
  return `k_${createHash('sha256').update(key).digest('base64url')}`;
}
