import type { Failure } from './failure.js';
import type { AcceptedOrder, OrderStatus } from './order.js';
import type { ReviewDecision } from './outcomes.js';
import { waitingOf, type Waiting } from './order-waiting.js';
import type { AttemptState, RefundState } from './payment-states.js';

export interface PaymentAttempt {
  attempt: number;
  state: AttemptState;
  tries: number;
  amountMinor: number;
  /** What the gateway says it took; null while it is not known to have taken anything. */
  capturedMinor: number | null;
  /** Whether this is the payment that the order was confirmed with, not a stray one. */
  settles: boolean;
  reference: string | null;
  declineCode: string | null;
  /** While the gateway is not asked: no try comes before. */
  waitsUntil: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface Refund {
  id: string;
  /** The attempt whose money goes back. */
  attempt: number;
  amountMinor: number;
  state: RefundState;
  reason: string;
  restock: boolean;
  /** Of the request that asked for it; null for what an undo sends back. */
  fingerprint: string | null;
  reference: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A fraud review; `decision` is null while it waits for someone. */
export interface Review {
  decision: ReviewDecision | 'expired' | null;
  /** When it expires. RFC 3339, UTC. */
  deadline: string | null;
}

/** An order as people read it. Times are RFC 3339, UTC. */
export interface OrderRecord {
  order: AcceptedOrder;
  status: OrderStatus;
  /** Grows by one with each change of status. */
  version: number;
  failure: Failure | null;
  cancelRequested: boolean;
  cancelReason: string | null;
  /** Null for an order that no fraud check wanted a person to see. */
  review: Review | null;
  attempts: PaymentAttempt[];
  refunds: Refund[];
  updatedAt: string;
}

/** The record of an order that was accepted and has no row yet. */
export function justAccepted(order: AcceptedOrder): OrderRecord {
  return {
    order,
    status: 'pending',
    version: 1,
    failure: null,
    cancelRequested: false,
    cancelReason: null,
    review: null,
    attempts: [],
    refunds: [],
    updatedAt: order.acceptedAt,
  };
}

/** What the order waits for; null when it goes on, or is settled. */
export function waitingFor({ status, review, attempts }: OrderRecord): Waiting | null {
  return waitingOf({ status, reviewBy: review?.deadline ?? null, attempt: attempts.at(-1) });
}

/** All that was ever taken for the order. Minor units. */
export function capturedMinor({ attempts }: OrderRecord): number {
  return sum(attempts.map((attempt) => attempt.capturedMinor ?? 0));
}

/** All that is known to have gone back. Minor units. */
export function refundedMinor({ refunds }: OrderRecord): number {
  return sum(refunds.filter(({ state }) => state === 'succeeded').map(({ amountMinor }) => amountMinor));
}

/** What of the order's payment may still be asked back: a refund counts until it has definitely failed. Minor units. */
export function refundableMinor({ attempts, refunds }: OrderRecord): number {
  const payment = attempts.find(({ settles }) => settles);
  if (payment === undefined) return 0;
  const claimed = refunds.filter(({ attempt, state }) => attempt === payment.attempt && state !== 'failed');
  return Math.max(0, (payment.capturedMinor ?? 0) - sum(claimed.map(({ amountMinor }) => amountMinor)));
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
