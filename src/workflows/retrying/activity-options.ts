import type { ActivityOptions, LocalActivityOptions } from '@temporalio/workflow';
import { ActivityCancellationType } from '@temporalio/workflow';
import type { OrderPolicy } from '../../domain/policy.js';

/** The first try of a step: inside the workflow task, once. Its retries are never local (they would wait in real time). */
export function firstTry(policy: OrderPolicy): LocalActivityOptions {
  return { startToCloseTimeout: policy.firstTryTimeoutMs, retry: { maximumAttempts: 1 } };
}

/**
 * The retries of a checkout step. The first of them comes after one interval, so their own start at the next one. The
 * activity itself counts them, since not all count.
 */
export function stepRetries(policy: OrderPolicy, withinMs: number): ActivityOptions {
  const { initialIntervalMs, backoffCoefficient, maximumIntervalMs } = policy.retry;
  return {
    startToCloseTimeout: policy.retryTimeoutMs,
    scheduleToCloseTimeout: withinMs,
    // A charge that was sent must be awaited, not forgotten.
    cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED,
    retry: {
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

/** The same for a step that someone may wake between two of its tries: one that is running is awaited first. */
export function wakeableRetries(policy: OrderPolicy): ActivityOptions {
  return { ...undoRetries(policy), cancellationType: ActivityCancellationType.WAIT_CANCELLATION_COMPLETED };
}

/** A message about an order that no one knows is tried for as long as gateways repeat theirs, and a day more. */
export function eventRetries(policy: OrderPolicy): ActivityOptions {
  return { ...undoRetries(policy), scheduleToCloseTimeout: '4 days' };
}

/** A notice is tried for three days; a mail server that is down for longer needs a person. */
export const NOTICE_TRIES: ActivityOptions = {
  startToCloseTimeout: '45 seconds',
  scheduleToCloseTimeout: '72 hours',
  // A try that runs on after a cancel may still succeed; the database takes that too.
  cancellationType: ActivityCancellationType.TRY_CANCEL,
  retry: { initialInterval: '20 seconds', backoffCoefficient: 2, maximumInterval: '1 hour' },
};

/** Writes to the store of notices are never given up. */
export const NOTICE_BOOK: ActivityOptions = {
  startToCloseTimeout: '15 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};

/** For what goes wrong on our side of a delivery; what the receiver does is an outcome, and waits by its own schedule. */
export const deliveryRetries: ActivityOptions = {
  startToCloseTimeout: '45 seconds',
  retry: { initialInterval: '1 second', backoffCoefficient: 2, maximumInterval: '1 minute' },
};
