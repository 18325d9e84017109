/** How faults are retried: `retries` calls after the first one. Milliseconds. */
export interface RetryPolicy {
  retries: number;
  initialIntervalMs: number;
  backoffCoefficient: number;
  maximumIntervalMs: number;
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
  /** Longest pause between two look-ups of a charge whose outcome is unknown. */
  lookupMaximumIntervalMs: number;
  /** Names of the fraud checks to run; none means none. */
  fraudChecks: string[];
}

export const DEFAULT_POLICY: OrderPolicy = {
  retry: { retries: 3, initialIntervalMs: 1_000, backoffCoefficient: 2, maximumIntervalMs: 60_000 },
  firstTryTimeoutMs: 5_000,
  retryTimeoutMs: 15_000,
  stepDeadlineMs: 15 * 60_000,
  lookupMaximumIntervalMs: 60 * 60_000,
  fraudChecks: [],
};
