// How a step is tried: first at once, then with pauses, for a limited time or until it is done.
// Never what a step does or means.

import {
  ActivityFailure,
  ApplicationFailure,
  isCancellation,
  proxyActivities,
  proxyLocalActivities,
  TimeoutFailure,
} from '@temporalio/workflow';
import type { Activities } from '../../activities/order-activities.js';
import type { OrderPolicy } from '../../domain/policy.js';
import { TRIES_USED_UP, type AllowedTries } from '../../domain/tries.js';
import { UNAVAILABLE } from '../../domain/unavailable.js';
import { sleepFor } from '../telemetry/waiting.js';
import { firstTry, stepRetries, undoRetries } from './activity-options.js';

export type Name = keyof Activities;
export type Input = { [N in Name]: Parameters<Activities[N]>[0] };
export type Result = { [N in Name]: Awaited<ReturnType<Activities[N]>> };
export type ByName = { [N in Name]: (input: Input[N], allowed?: AllowedTries) => Promise<Result[N]> };
/** Activities that count their tries themselves: only they may be given up. */
type CountedName = { [N in Name]: Parameters<Activities[N]>['length'] extends 1 ? never : N }[Name];

/**
 * Runs activities by name. The first try is a local activity, which costs no round trip. Only if it fails do the
 * retries follow, after a durable sleep, as a regular activity, whose attempts and last error the Web UI shows. Each
 * throws what the last try threw; a non-retryable failure and a cancellation are thrown immediately.
 */
export function orderActivities(policy: OrderPolicy) {
  const local: ByName = proxyLocalActivities<Activities>(firstTry(policy));
  const unlimited: ByName = proxyActivities<Activities>(undoRetries(policy));
  const pause = { ms: policy.retry.initialIntervalMs, atMostMs: policy.stepDeadlineMs };

  return {
    /** A regular activity from the start, retried until it succeeds. */
    regular: <N extends Name>(name: N, input: Input[N]): Promise<Result[N]> => unlimited[name](input),

    /** Retried until it succeeds; `retries` are the tries after the first one. */
    async untilDone<N extends Name>(
      name: N,
      input: Input[N],
      retries: (input: Input[N]) => Promise<Result[N]> = unlimited[name],
    ): Promise<Result[N]> {
      try {
        return await local[name](input);
      } catch (error) {
        await rest(error, pause);
        return retries(input);
      }
    },

    /**
     * Given up after this many tries, including the first one, or when the time is over. A try that failed because of
     * our own stores is not counted.
     */
    async limited<N extends CountedName>(
      name: N,
      input: Input[N],
      { tries = allTries(policy), withinMs }: { tries?: number; withinMs?: number } = {},
    ): Promise<Result[N]> {
      const deadline = withinMs === undefined ? undefined : Date.now() + withinMs;
      try {
        return await local[name](input);
      } catch (error) {
        const left = isUnavailable(error) ? tries : tries - 1;
        if (left === 0) throw error;
        await rest(error, { ...pause, atMostMs: withinMs ?? policy.stepDeadlineMs });
        const leftMs = deadline === undefined ? policy.stepDeadlineMs : deadline - Date.now();
        if (leftMs <= 0) throw ApplicationFailure.retryable('the time to pay was over before the next try', 'TooLate');
        const counted: ByName = proxyActivities<Activities>(stepRetries(policy, leftMs));
        return counted[name](input, { tries: left });
      }
    },
  };
}

/** The tries of a step, including the first one. */
export function allTries({ retry }: OrderPolicy): number {
  return 1 + retry.retries;
}

/** Waits after a first try that failed: longer if the failure asks for it, but at most `atMostMs`. */
async function rest(error: unknown, pause: { ms: number; atMostMs: number }): Promise<void> {
  if (!isExhausted(error)) throw error;
  await sleepFor(Math.max(pause.ms, Math.min(retryAfterMs(error), pause.atMostMs)), 'until the next try');
}

/** How long the failed try asks to wait. The server obeys that between retries of a regular activity, but not here. */
function retryAfterMs(error: unknown): number {
  const cause = causeOf(error);
  const [first] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
  const isTold = typeof first === 'object' && first !== null && 'retryAfterMs' in first;
  return isTold && typeof first.retryAfterMs === 'number' ? first.retryAfterMs : 0;
}

/**
 * True if a step failed only because of faults, so that another try might have helped; not for a cancellation or a bug.
 */
export function isExhausted(error: unknown): boolean {
  if (isCancellation(error)) return false;
  const cause = causeOf(error);
  if (cause instanceof ApplicationFailure) return cause.nonRetryable !== true || cause.type === TRIES_USED_UP;
  return error instanceof ActivityFailure || cause instanceof TimeoutFailure;
}

function isUnavailable(error: unknown): boolean {
  const cause = causeOf(error);
  return cause instanceof ApplicationFailure && cause.type === UNAVAILABLE;
}

/**
 * A local activity's failure is not wrapped, a regular one's is wrapped in an ActivityFailure; a local timeout is
 * wrapped the first time and not in a replay.
 */
function causeOf(error: unknown): unknown {
  return error instanceof ActivityFailure ? error.cause : error;
}
