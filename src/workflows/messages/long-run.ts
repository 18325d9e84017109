import {
  allHandlersFinished,
  ApplicationFailure,
  CancellationScope,
  condition,
  patched,
  workflowInfo,
} from '@temporalio/workflow';

/** Far below a server's limits: 10,000 signals and 51,200 events per run. */
const MAX_SIGNALS = 1_000;
const MAX_EVENTS = 4_000;
const MAX_AGE_MS = 86_400_000;

/** Runs that were open before this rule follow the old one until their history is replayed. */
const PATCH = 'long-runs-continue-as-new';
const TOO_LONG = 'RunTooLong';

export interface RunLength {
  countSignal(): void;
  /** Whether so many signals have arrived that waiting must end. */
  isFull(): boolean;
  /**
   * Ends a run that has grown long. Called where nothing is in progress and everything that matters is stored.
   * @throws for {@link inRuns}
   */
  endIfLong(): void;
}

export function measureRun(): RunLength {
  let signals = 0;
  let isFull = false;
  return {
    countSignal() {
      signals += 1;
      if (signals >= MAX_SIGNALS) isFull ||= patched(PATCH);
    },
    isFull: () => isFull,
    endIfLong() {
      if (!isFull && !isLarge() && !isOld()) return;
      throw ApplicationFailure.nonRetryable('this run has grown long, and goes on as a new one', TOO_LONG);
    },
  };
}

/** Whether the run has so many events that another one should take over. */
export function isLarge(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo();
  return (historyLength >= MAX_EVENTS || continueAsNewSuggested) && patched(PATCH);
}

function isOld(): boolean {
  return Date.now() - workflowInfo().startTime.getTime() >= MAX_AGE_MS && patched(PATCH);
}

/** Runs to the end, or until the run has grown long: then `next` starts another one, once all messages are answered. */
export async function inRuns<Result>(walk: () => Promise<Result>, next: () => Promise<never>): Promise<Result> {
  try {
    return await walk();
  } catch (error) {
    if (!(error instanceof ApplicationFailure) || error.type !== TOO_LONG) throw error;
    await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
    return next();
  }
}
