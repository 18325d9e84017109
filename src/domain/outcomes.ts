import type { OrderStatus, Undone } from './order.js';
import type { ReturnRefusal } from './returns.js';

/** The outcomes of an order's steps. Expected outcomes are values; faults are thrown and retried. */

export interface Shortage {
  sku: string;
  requested: number;
  available: number;
}

/** Another run owns the order, or it has left the status in which this step may act. */
export type Superseded = { kind: 'superseded' };

/** The order must be undone and end like this: a cancel was accepted, or its run had begun to undo it and forgot. */
export type Undoing = { kind: 'undoing'; ending: Undone };

export type ScreenOutcome = { kind: 'allow' } | { kind: 'review' | 'reject'; detail: string } | Undoing | Superseded;

export type ReviewDecision = 'approve' | 'reject';

/** `decided` for the decision that counts and for the same one again. */
export type ReviewOutcome =
  | { kind: 'decided' }
  | { kind: 'opposite'; decision: ReviewDecision | 'expired' }
  | { kind: 'not_in_review'; status: OrderStatus };

export type ReserveOutcome =
  | { kind: 'reserved' }
  | { kind: 'out_of_stock'; shortages: Shortage[] }
  | Undoing
  | Superseded;

export type ChargeOutcome =
  | { kind: 'confirmed' }
  | { kind: 'declined'; code: string }
  /** The captured amount is not the order's total. */
  | { kind: 'mismatch'; capturedMinor: number; currency: string }
  /** The money was captured, but the stock is no longer reserved for this order. */
  | { kind: 'unreserved' }
  /** The time to pay was over before anything was sent; nothing will be sent. */
  | { kind: 'expired' }
  /** Proven: no money was taken, and none will be under this attempt. */
  | { kind: 'not_charged' }
  /** The circuit breaker is open: nothing was sent, no try was used. `tries` were sent before. */
  | { kind: 'refused'; retryAfterMs: number; tries: number }
  /** Not known yet; ask again after this time. */
  | { kind: 'unknown'; retryAfterMs: number }
  | Undoing
  | Superseded;

/**
 * The state of an order's refunds. `refused`: an operator has to act on its dead letter. `unknown`: the
 * outcome of one is not known yet; ask again after this time.
 */
export type RefundOutcome =
  | { kind: 'refunded' }
  | { kind: 'refused'; code: string }
  | { kind: 'unknown'; retryAfterMs: number };

/**
 * The outcome of a cancel request. `accepted`: it is stored, with the reason of the first accepted one, and every
 * later step of the order obeys it; `status` is null while the order has no row. `refused`: nothing was stored.
 */
export type CancelDecision =
  | { kind: 'accepted'; reason: string; status: OrderStatus | null }
  | { kind: 'refused'; status: OrderStatus };

/** Whether a requested workflow may do its work: decided once, in the database. */
export type Admission = { kind: 'admitted' } | { kind: 'refused'; code: AdmissionRefusal; status: OrderStatus | null };

export type AdmissionRefusal =
  | 'not_found'
  | 'not_cancellable'
  | 'already_cancelled'
  | 'not_fulfillable'
  | 'exceeds_unshipped'
  | 'not_changeable'
  | 'stale'
  | 'not_redrivable'
  | 'superseded'
  | 'not_refundable'
  | 'refund_exceeds_captured'
  | ReturnRefusal
  | 'idempotency_conflict';
