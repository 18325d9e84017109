import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { ActivityCancellationType } from '@temporalio/workflow';
import type { OrderPolicy } from '../domain/policy.js';

/** The first try of a step: inside the workflow task, once. Its retries are never local (they would wait in real time). */
export function firstTry(policy: OrderPolicy): LocalActivityOptions {
  return { startToCloseTimeout: policy.firstTryTimeoutMs, retry: { maximumAttempts: 1 } };
}

/** The retries of a checkout step. The first of them comes after one interval, so their own start at the next one. */
export function stepRetries(policy: OrderPolicy): ActivityOptions {
  const { retries, initialIntervalMs, backoffCoefficient, maximumIntervalMs } = policy.retry;
  return {
    startToCloseTimeout: policy.retryTimeoutMs,
    scheduleToCloseTimeout: policy.stepDeadlineMs,
    // A charge that was sent must be awaited, not forgotten.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      maximumAttempts: retries,
      initialInterval: Math.min(initialIntervalMs * backoffCoefficient, maximumIntervalMs),
      backoffCoefficient,
      maximumInterval: maximumIntervalMs,
    },
  };
}

/** Undo is never given up: no attempt limit and no deadline, only a ceiling on the pause between two tries. */
export function undoRetries(policy: OrderPolicy): ActivityOptions {
  const { initialIntervalMs, backoffCoefficient, maximumIntervalMs } = policy.retry;
  return {
    startToCloseTimeout: policy.retryTimeoutMs,
    retry: {
      initialInterval: Math.min(initialIntervalMs * backoffCoefficient, maximumIntervalMs),
      backoffCoefficient,
      maximumInterval: maximumIntervalMs,
    },
  };
}
