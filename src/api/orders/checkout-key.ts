import { createHash } from 'node:crypto';
import { Problem } from '../requests/problems.js';

/** The Idempotency-Key of a checkout. */
export interface CheckoutKey {
  /** Its SHA-256. */
  hash: Buffer;
  /** The order id that it makes if the body has none: the same key is the same order. */
  ownOrderId: string;
}

/** The keys that were sent with an order_id. Throws `Unavailable` when the database does not answer. */
export interface CheckoutKeyStore {
  /** Assigns the key to this order unless another order has it. @returns the order that has it now */
  claim(key: CheckoutKey & { orderId: string }): Promise<string>;
}

export function checkoutKey(key: string): CheckoutKey {
  const hash = createHash('sha256').update(key).digest();
  return { hash, ownOrderId: `k_${hash.toString('base64url')}` };
}

/** Whether the key must be assigned to this order; a key that makes the order's id belongs to it anyway. */
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
