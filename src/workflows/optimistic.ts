import { ActivityFailure, ApplicationFailure, isCancellation, sleep, TimeoutFailure } from '@temporalio/workflow';

/** How long to wait after a first try that failed: longer when the failure names a time, but never above `atMostMs`. */
export interface Pause {
  ms: number;
  atMostMs: number;
}

/**
 * Runs a step's first try as a local activity, which costs no round trip, and only when that fails, after a durable
 * sleep, hands it to a regular activity with the retries, where the Web UI shows attempts and the last error.
 * @throws what the last try threw; a non-retryable failure and a cancellation at once
 */
export async function optimistic<Args extends unknown[], Result>(
  firstTry: (...args: Args) => Promise<Result>,
  retries: (...args: Args) => Promise<Result>,
  pause: Pause,
  ...args: Args
): Promise<Result> {
  try {
    return await firstTry(...args);
  } catch (error) {
    if (!isExhausted(error)) throw error;
    await sleep(Math.max(pause.ms, Math.min(retryAfterMs(error), pause.atMostMs)));
    return retries(...args);
  }
}

/** What the failed try was told to wait. The server obeys it between the retries of a regular activity; here nobody does. */
function retryAfterMs(error: unknown): number {
  const cause = error instanceof ActivityFailure ? error.cause : error;
  const [first] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
  const isTold = typeof first === 'object' && first !== null && 'retryAfterMs' in first;
  return isTold && typeof first.retryAfterMs === 'number' ? first.retryAfterMs : 0;
}

/** True when a step failed by faults alone, so that trying again could have helped; not for a cancellation or a bug. */
export function isExhausted(error: unknown): boolean {
  if (isCancellation(error)) return false;
  // A local activity's failure arrives bare, a regular one's wrapped in an ActivityFailure; a local timeout arrives
  // wrapped the first time and bare in a replay.
  const cause = error instanceof ActivityFailure ? error.cause : error;
  if (cause instanceof ApplicationFailure) return cause.nonRetryable !== true;
  return error instanceof ActivityFailure || cause instanceof TimeoutFailure;
}
