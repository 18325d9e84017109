import type { DeadLetter } from './dead-letter.js';
import type { Failure } from './failure.js';
import type { Fulfilment } from './fulfilment.js';
import type { AcceptedOrder, OrderStatus } from './order.js';
import type { ReviewDecision } from './outcomes.js';
import { waitingOf, type Waiting } from './order-waiting.js';
import type { AttemptState, RefundState } from './payment-states.js';

export interface PaymentAttempt {
  attempt: number;
  state: AttemptState;
  tries: number;
  amountMinor: number;
  /** What the gateway says it captured; null unless it is known to have captured something. */
  capturedMinor: number | null;
  /** Whether this payment confirmed the order; false for a stray one. */
  settles: boolean;
  reference: string | null;
  declineCode: string | null;
  /** While the circuit breaker is open: no try is made before this time. */
  waitsUntil: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface Refund {
  id: string;
  /** The attempt whose money is refunded. */
  attempt: number;
  amountMinor: number;
  state: RefundState;
  reason: string;
  restock: boolean;
  /** Of the request for it; null for a refund by an undo. */
  fingerprint: string | null;
  reference: string | null;
  createdAt: string;
  updatedAt: string;
}

/** A fraud review; `decision` is null until someone decides. */
export interface Review {
  decision: ReviewDecision | 'expired' | null;
  /** When it expires. RFC 3339, UTC. */
  deadline: string | null;
}

/** A dead letter that is not settled, as its order names it. */
export type OpenLetter = Pick<DeadLetter, 'id' | 'kind' | 'step' | 'subject' | 'state' | 'lastError' | 'createdAt'>;

/** An order as the API shows it. Times are RFC 3339, UTC. */
export interface OrderRecord {
  order: AcceptedOrder;
  status: OrderStatus;
  /** Incremented by each change of status. */
  version: number;
  failure: Failure | null;
  cancelRequested: boolean;
  cancelReason: string | null;
  /** Null unless a fraud check asked for a review. */
  review: Review | null;
  attempts: PaymentAttempt[];
  refunds: Refund[];
  /** Its goods were sold, and are on the shelf again. */
  goodsAreBack: boolean;
  /** Those that are open or being redriven, oldest first. */
  deadLetters: OpenLetter[];
  fulfilments: Fulfilment[];
  /** Until when its stock is held without a payment under way; null when it holds none. RFC 3339, UTC. */
  holdExpiresAt: string | null;
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
    goodsAreBack: false,
    deadLetters: [],
    fulfilments: [],
    holdExpiresAt: null,
    updatedAt: order.acceptedAt,
  };
}

/** What the order waits for; null if it is in progress or settled. */
export function waitingFor({ status, review, attempts }: OrderRecord): Waiting | null {
  return waitingOf({ status, reviewBy: review?.deadline ?? null, attempt: attempts.at(-1) });
}

/** Everything that was ever captured for the order. Minor units. */
export function capturedMinor({ attempts }: OrderRecord): number {
  return sum(attempts.map((attempt) => attempt.capturedMinor ?? 0));
}

/** Everything that is known to have been refunded. Minor units. */
export function refundedMinor({ refunds }: OrderRecord): number {
  return sum(refunds.filter(({ state }) => state === 'succeeded').map(({ amountMinor }) => amountMinor));
}

/** How much of the payment can still be refunded. A refund counts until it has definitely failed. Minor units. */
export function refundableMinor({ attempts, refunds }: OrderRecord): number {
  const payment = attempts.find(({ settles }) => settles);
  if (payment === undefined) return 0;
  const claimed = refunds.filter(({ attempt, state }) => attempt === payment.attempt && state !== 'failed');
  return Math.max(0, (payment.capturedMinor ?? 0) - sum(claimed.map(({ amountMinor }) => amountMinor)));
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
