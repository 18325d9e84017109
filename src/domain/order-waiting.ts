import type { OrderStatus } from './order.js';
import type { AttemptState } from './payment-states.js';

export const WAITS_FOR = ['review', 'payment_gateway', 'payment_retry', 'payment_outcome'] as const;

/** What an order waits for before it continues. */
export interface Waiting {
  for: (typeof WAITS_FOR)[number];
  /** RFC 3339, UTC; null if unknown. */
  until: string | null;
}

/** The part of an order's state that decides what it waits for. */
export interface Progress {
  status: OrderStatus;
  /** When its review expires. */
  reviewBy: string | null;
  /** Its newest charge. */
  attempt: { state: AttemptState; tries: number; waitsUntil: string | null } | undefined;
}

export function waitingOf({ status, reviewBy, attempt }: Progress): Waiting | null {
  if (status === 'in_review') return { for: 'review', until: reviewBy };
  if (status === 'payment_unknown') return { for: 'payment_outcome', until: null };
  // A charge that is `sent` is in progress; a settled one is no longer waited for.
  const isBetweenTries = attempt?.state === 'created' || attempt?.state === 'unknown';
  if (status !== 'reserved' || !isBetweenTries) return null;
  if (attempt.waitsUntil !== null) return { for: 'payment_gateway', until: attempt.waitsUntil };
  return attempt.tries > 0 ? { for: 'payment_retry', until: null } : null;
}
