import { createHash } from 'node:crypto';
import { canonicalText, type Checkout } from '../../domain/checkout.js';

/** SHA-256 of the checkout's canonical text: equal if and only if two checkouts order the same. */
export function fingerprintOf(checkout: Checkout): string {
  return createHash('sha256').update(canonicalText(checkout)).digest('hex');
}
