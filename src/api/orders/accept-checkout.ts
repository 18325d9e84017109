import type { Actor } from '../../domain/actor.js';
import { mergeLines, type Checkout } from '../../domain/checkout.js';
import { justAccepted, type OrderRecord } from '../../domain/order-record.js';
import type { AcceptedOrder } from '../../domain/order.js';
import type { OrderPolicy } from '../../domain/policy.js';
import type { Product } from '../../domain/product.js';
import { isClaimable, refuseTaken, type CheckoutKey, type CheckoutKeyStore } from './checkout-key.js';
import { fingerprintOf } from './fingerprint.js';
import { price } from './price-snapshot.js';
import type { Ticket } from '../load/load-shedder.js';
import type { OrderWorkflows } from '../../temporal/start-checkout.js';
import { Problem } from '../requests/problems.js';

/** What the API reads. Throws `Unavailable` when the database does not answer. */
export interface OrderReader {
  forCheckout(orderId: string, skus: string[], keyHash: Buffer | null): Promise<KnownCheckout>;
  find(orderId: string): Promise<OrderRecord | undefined>;
  /** The reason of this order's accepted cancel; the order may have no row yet. */
  cancelReason(orderId: string): Promise<string | undefined>;
}

export interface KnownCheckout {
  fingerprint: string | null;
  /** The order that the key was sent with before. */
  keyHolder: string | null;
  products: Product[];
}

export interface OrderSources {
  reader: OrderReader;
  workflows: OrderWorkflows;
}

interface AcceptOptions extends OrderSources {
  policy: OrderPolicy;
  keys: CheckoutKeyStore;
}

export interface CheckoutRequest {
  checkout: Checkout;
  key: CheckoutKey | undefined;
  actor: Actor;
  ticket: Ticket | undefined;
}

export type Acceptance = { kind: 'accepted' | 'replayed'; record: OrderRecord };

/**
 * Accepts a checkout once. Starting the workflow accepts the order; the only thing written before is which order a key
 * belongs to that was sent with an order_id.
 * @throws Problem `order-conflict`, `idempotency-conflict`, `price-changed`, `validation-error` or `overloaded`;
 * Unavailable, after which the same checkout can be sent again, no matter what happened to this one
 */
export async function acceptCheckout(
  { reader, workflows, keys, policy }: AcceptOptions,
  { checkout, key, actor, ticket }: CheckoutRequest,
): Promise<Acceptance> {
  const { orderId } = checkout;
  const fingerprint = fingerprintOf(checkout);
  const lines = mergeLines(checkout.lines);
  const known = await reader.forCheckout(
    orderId,
    lines.map((line) => line.sku),
    key?.hash ?? null,
  );
  refuseTaken(known.keyHolder, orderId);
  const claimKey = async (): Promise<void> => {
    if (known.keyHolder === orderId || !isClaimable(key, orderId)) return;
    refuseTaken(await keys.claim({ ...key, orderId }), orderId);
  };
  const replayed = async (): Promise<Acceptance> => {
    const record = await sameOrder({ reader, workflows }, orderId, fingerprint);
    await claimKey();
    return { kind: 'replayed', record };
  };
  if (known.fingerprint !== null) return replayed();

  const priced = price(checkout, known.products);
  if (priced instanceof Problem) {
    // The catalog may have changed since this order was accepted: a replay wins over a refusal.
    if ((await workflows.find(orderId)) !== undefined) return replayed();
    throw priced;
  }

  const { expectedTotalMinor: _shown, ...contents } = checkout;
  const acceptedAt = new Date().toISOString();
  const { requestId } = actor;
  const order: AcceptedOrder = { ...contents, ...priced, fingerprint, requestId, actor, acceptedAt };
  ticket?.acquire(orderId);
  let outcome: 'started' | 'exists' | undefined;
  try {
    await claimKey();
    outcome = await workflows.start(order, policy);
  } finally {
    ticket?.tried(orderId, outcome === 'started');
  }
  if (outcome === 'exists') return replayed();
  return { kind: 'accepted', record: justAccepted(order) };
}

/** The order's row, or before it exists, the input of its workflow. */
export async function findOrder(
  { reader, workflows }: OrderSources,
  orderId: string,
): Promise<OrderRecord | undefined> {
  const record = await reader.find(orderId);
  if (record !== undefined) return record;
  const order = await workflows.find(orderId);
  if (order === undefined) return undefined;
  // The row may have been written while Temporal was asked.
  const placed = await reader.find(orderId);
  if (placed !== undefined) return placed;
  const cancelReason = await reader.cancelReason(orderId);
  return cancelReason === undefined
    ? justAccepted(order)
    : { ...justAccepted(order), cancelRequested: true, cancelReason };
}

/** @throws Problem `not-found` */
export async function existingOrder(sources: OrderSources, orderId: string): Promise<OrderRecord> {
  const record = await findOrder(sources, orderId);
  if (record === undefined) throw new Problem('not-found', `There is no order ${orderId}.`);
  return record;
}

/** @throws Problem `order-conflict` when the order was accepted with other contents */
async function sameOrder(sources: OrderSources, orderId: string, fingerprint: string): Promise<OrderRecord> {
  const record = await findOrder(sources, orderId);
  if (record === undefined) throw new Error(`order ${orderId} was found and is gone`);
  if (record.order.fingerprint === fingerprint) return record;
  const detail = 'An order with this id was accepted with different contents. Use a new order_id for a new checkout.';
  throw new Problem('order-conflict', detail, { order: `/v1/orders/${orderId}` });
}
