/** How the faults of an order's steps are retried: `retries` calls after the first one. Milliseconds. */
export interface RetryPolicy {
  retries: number;
  initialIntervalMs: number;
  backoffCoefficient: number;
  maximumIntervalMs: number;
}

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Settings change it for new orders: it travels in the policy of each order. */
export const DEFAULT_RETRY: RetryPolicy = {
  retries: 3,
  initialIntervalMs: SECOND,
  backoffCoefficient: 2,
  maximumIntervalMs: MINUTE,
};

/** A gateway event whose order is unknown: as long as gateways repeat theirs, and a day more. */
export const EVENT_RETRIES_MS = 4 * 24 * HOUR;

/** A notice is tried for three days; a mail server that is down for longer needs a person. */
export const NOTICE_RETRIES = {
  startToCloseTimeout: 45 * SECOND,
  scheduleToCloseTimeout: 72 * HOUR,
  retry: { initialInterval: 20 * SECOND, backoffCoefficient: 2, maximumInterval: HOUR },
};

/** Writes to the store of notices are retried indefinitely. */
export const NOTICE_STORE_RETRIES = {
  startToCloseTimeout: 15 * SECOND,
  retry: { initialInterval: SECOND, backoffCoefficient: 2, maximumInterval: MINUTE },
};

/** For faults on our side of a delivery. What the receiver does is an outcome, with a schedule of its own. */
export const DELIVERY_RETRIES = {
  startToCloseTimeout: 45 * SECOND,
  retry: { initialInterval: SECOND, backoffCoefficient: 2, maximumInterval: MINUTE },
};
