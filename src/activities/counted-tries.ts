import { Context } from '@temporalio/activity';
import { ApplicationFailure } from '@temporalio/common';
import { TRIES_USED_UP, type AllowedTries } from '../domain/tries.js';
import { Unavailable } from '../domain/unavailable.js';

/** What an activity remembers between tries. */
interface Remembered {
  /** Tries that failed because of our own stores. */
  spoiled: number;
}

/**
 * A step that is given up after `tries` faults, if that is given. Temporal counts every try alike, so it is asked to
 * retry without limit, and the count is kept here: an unavailable store of our own is not a fault of the step.
 */
export function counted<Input, Result>(step: (input: Input) => Promise<Result>) {
  return async (input: Input, allowed?: AllowedTries): Promise<Result> => {
    if (allowed === undefined) return step(input);
    const context = Context.current();
    const { spoiled } = remembered(context.info.heartbeatDetails);
    const count = context.info.attempt - spoiled;
    // Tries that died with their process or timed out are counted by the next one.
    if (count > allowed.tries) throw usedUp(new Error('the last try gave no answer'));
    try {
      return await step(input);
    } catch (error) {
      if (error instanceof Unavailable) context.heartbeat({ spoiled: spoiled + 1 } satisfies Remembered);
      else if (count >= allowed.tries && isFault(error)) throw usedUp(error);
      throw error;
    }
  };
}

function remembered(details: unknown): Remembered {
  const isOurs = typeof details === 'object' && details !== null && 'spoiled' in details;
  return { spoiled: isOurs && typeof details.spoiled === 'number' ? details.spoiled : 0 };
}

/** Neither a cancellation nor a failure that must not be retried. */
function isFault(error: unknown): error is Error {
  if (error instanceof ApplicationFailure) return error.nonRetryable !== true;
  return error instanceof Error && error.name !== 'CancelledFailure';
}

function usedUp(cause: Error): ApplicationFailure {
  return ApplicationFailure.create({ type: TRIES_USED_UP, message: cause.message, nonRetryable: true, cause });
}
