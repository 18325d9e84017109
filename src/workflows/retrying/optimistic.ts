import { ActivityFailure, ApplicationFailure, isCancellation, TimeoutFailure } from '@temporalio/workflow';
import { TRIES_USED_UP, type AllowedTries } from '../../domain/tries.js';
import { UNAVAILABLE } from '../../domain/unavailable.js';
import { sleepFor } from '../telemetry/waiting.js';

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
    await rest(error, pause);
    return retries(...args);
  }
}

/**
 * The same for a step that is given up after so many tries, the first one included. One that our own stores spoiled is
 * not counted.
 */
export async function limited<Input, Result>(
  tries: number,
  firstTry: (input: Input) => Promise<Result>,
  retries: (input: Input, allowed: AllowedTries) => Promise<Result>,
  pause: Pause,
  input: Input,
): Promise<Result> {
  try {
    return await firstTry(input);
  } catch (error) {
    const left = isUnavailable(error) ? tries : tries - 1;
    if (left === 0) throw error;
    await rest(error, pause);
    return retries(input, { tries: left });
  }
}

async function rest(error: unknown, pause: Pause): Promise<void> {
  if (!isExhausted(error)) throw error;
  await sleepFor(Math.max(pause.ms, Math.min(retryAfterMs(error), pause.atMostMs)), 'until the next try');
}

/** What the failed try was told to wait. The server obeys it between the retries of a regular activity; here nobody does. */
function retryAfterMs(error: unknown): number {
  const cause = causeOf(error);
  const [first] = cause instanceof ApplicationFailure ? (cause.details ?? []) : [];
  const isTold = typeof first === 'object' && first !== null && 'retryAfterMs' in first;
  return isTold && typeof first.retryAfterMs === 'number' ? first.retryAfterMs : 0;
}

/** True when a step failed by faults alone, so that trying again could have helped; not for a cancellation or a bug. */
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
 * A local activity's failure arrives bare, a regular one's wrapped in an ActivityFailure; a local timeout arrives wrapped
 * the first time and bare in a replay.
 */
function causeOf(error: unknown): unknown {
  return error instanceof ActivityFailure ? error.cause : error;
}
