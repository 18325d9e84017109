import { DEFAULT_RETRY, type RetryPolicy } from './retry-policy.js';

/** What a fraud check goes by, by the names that it gives to its limits. */
export type FraudLimits = Record<string, number | string | boolean>;

/** A fraud check that an order has to pass. */
export interface FraudCheckPolicy {
  name: string;
  limits: FraudLimits;
}

/** What an order's workflow needs to know about its surroundings; travels in its input, so a replay sees the same. */
export interface OrderPolicy {
  retry: RetryPolicy;
  /** The first try of a step runs inside the workflow task and must be short. */
  firstTryTimeoutMs: number;
  /** Each later try. */
  retryTimeoutMs: number;
  /** A step of the checkout that is not done by then is given up, and the truth looked up. */
  stepDeadlineMs: number;
  /** None means that orders are not screened. */
  fraudChecks: FraudCheckPolicy[];
  /** How long a person may take over a review. */
  reviewDeadlineMs: number;
  /** How long stock is held; each try to charge extends it. */
  reservationTtlMs: number;
  /** From the first try to charge: when it is over, nothing more is sent. */
  paymentDeadlineMs: number;
  /** Longest pause between two look-ups of a charge whose outcome is unknown... */
  lookupMaximumIntervalMs: number;
  /** ...until the charge is this old; after that once in `lookupSlowIntervalMs`. */
  lookupSlowAfterMs: number;
  lookupSlowIntervalMs: number;
  /** An undo that is still failing after this opens a dead letter, and goes on. */
  undoAlarmMs: number;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

export const DEFAULT_POLICY: OrderPolicy = {
  retry: DEFAULT_RETRY,
  firstTryTimeoutMs: 5_000,
  retryTimeoutMs: 15_000,
  stepDeadlineMs: 15 * MINUTE,
  fraudChecks: [],
  reviewDeadlineMs: 24 * HOUR,
  reservationTtlMs: 30 * MINUTE,
  paymentDeadlineMs: 15 * MINUTE,
  lookupMaximumIntervalMs: HOUR,
  lookupSlowAfterMs: 72 * HOUR,
  lookupSlowIntervalMs: 24 * HOUR,
  undoAlarmMs: 10 * MINUTE,
};
