import { DEFAULT_RETRY, type RetryPolicy } from './retry-policy.js';

/** The limits of a fraud check, under its own names for them. */
export type FraudLimits = Record<string, number | string | boolean>;

/** A fraud check that an order has to pass. */
export interface FraudCheckPolicy {
  name: string;
  limits: FraudLimits;
}

/** The settings of an order's workflow. They travel in its input, so that a replay sees the same values. */
export interface OrderPolicy {
  retry: RetryPolicy;
  /** The first try of a step runs inside the workflow task and must be short. */
  firstTryTimeoutMs: number;
  /** Each later try. */
  retryTimeoutMs: number;
  /** A step of the checkout that takes longer is given up, and its outcome is looked up. */
  stepDeadlineMs: number;
  /** Empty: orders are not screened. */
  fraudChecks: FraudCheckPolicy[];
  /** How long a review may take. */
  reviewDeadlineMs: number;
  /** How long stock stays reserved; each try to charge extends it. */
  reservationTtlMs: number;
  /** From the first try to charge; after that, nothing more is sent. */
  paymentDeadlineMs: number;
  /** The longest pause between two look-ups of a charge whose outcome is unknown... */
  lookupMaximumIntervalMs: number;
  /** ...until the charge is this old; after that, one look-up per `lookupSlowIntervalMs`. */
  lookupSlowAfterMs: number;
  lookupSlowIntervalMs: number;
  /** An undo that is still failing after this opens a dead letter and continues. */
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
