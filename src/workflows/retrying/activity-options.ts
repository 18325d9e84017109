import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { ActivityCancellationType } from '@temporalio/workflow';
import type { OrderPolicy } from '../../domain/policy.js';
import { EVENT_RETRIES_MS, NOTICE_RETRIES } from '../../domain/retry-policy.js';

/**
 * The first try of a step: inside the workflow task, once. Its retries are never local (they would wait in real time).
 */
export function firstTry(policy: OrderPolicy): LocalActivityOptions {
  return { startToCloseTimeout: policy.firstTryTimeoutMs, retry: { maximumAttempts: 1 } };
}

/**
 * The retries of a checkout step. The workflow waits for one interval before the first of them, so these start with the
 * next interval. The activity itself counts them, since not all of them count.
 */
export function stepRetries(policy: OrderPolicy, withinMs: number): ActivityOptions {
  const { initialIntervalMs, backoffCoefficient, maximumIntervalMs } = policy.retry;
  return {
    startToCloseTimeout: policy.retryTimeoutMs,
    scheduleToCloseTimeout: withinMs,
    // A charge that was sent must be awaited.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
      initialInterval: Math.min(initialIntervalMs * backoffCoefficient, maximumIntervalMs),
      backoffCoefficient,
      maximumInterval: maximumIntervalMs,
    },
  };
}

/** Undo is never given up: no attempt limit and no deadline, only a maximum pause between two tries. */
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

/** The same for a step that can be woken between two tries: a running try is awaited first. */
export function wakeableRetries(policy: OrderPolicy): ActivityOptions {
  return { ...undoRetries(policy), cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED };
}

/** The same for gateway events, until it is certain that there is no such order. */
export function eventRetries(policy: OrderPolicy): ActivityOptions {
  return { ...undoRetries(policy), scheduleToCloseTimeout: EVENT_RETRIES_MS };
}

export const noticeTries: ActivityOptions = {
  ...NOTICE_RETRIES,
  // A try that continues after a cancel may still succeed; the database accepts that too.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
};
