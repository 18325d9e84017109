import { createHash } from 'node:crypto';
import { Problem } from '../requests/problems.js';

/** The Idempotency-Key of a checkout. */
export interface CheckoutKey {
  /** Its SHA-256. */
  hash: Buffer;
  /** The order that it makes when the body names none: the same key is the same order. */
  ownOrderId: string;
}

/** The keys that came with an order_id. Throws `Unavailable` when the database does not answer. */
export interface CheckoutKeyStore {
  /** Gives the key to this order unless it has one. @returns the order that has it now */
  claim(key: CheckoutKey & { orderId: string }): Promise<string>;
}

export function checkoutKey(key: string): CheckoutKey {
  const hash = createHash('sha256').update(key).digest();
  return { hash, ownOrderId: `k_${hash.toString('base64url')}` };
}

/** Whether the key has to be given to this order; one that makes the order's id is the order's already. */
export function isClaimable(key: CheckoutKey | undefined, orderId: string): key is CheckoutKey {
  return key !== undefined && key.ownOrderId !== orderId;
}

/** @throws Problem `idempotency-conflict` when the key belongs to another order */
export function refuseTaken(holder: string | null | undefined, orderId: string): void {
  if (holder === null || holder === undefined || holder === orderId) return;
  const detail =
    `This Idempotency-Key belongs to the checkout with the order_id ${holder}. ` +
    'To repeat that one, send the same order_id; for a new checkout, send a new key.';
  throw new Problem('idempotency-conflict', detail, { order: `/v1/orders/${holder}` });
}
