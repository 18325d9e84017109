import { allHandlersFinished, CancellationScope, condition, setHandler, sleep } from '@temporalio/workflow';
import type { Admission } from '../../domain/outcomes.js';
import { admission } from '../contract.js';

/** The decision of the run that this one continues. */
export const admitted: Admission = { kind: 'admitted' };

/**
 * Tells the starter of this workflow whether it may do its work.
 * @returns what the workflow calls with the decision of its first activity
 */
export function announceAdmission(): (decision: Admission) => Promise<void> {
  const decided: { value?: Admission } = {};
  const answer = async (): Promise<Admission> => {
    await CancellationScope.nonCancellable(() => condition(() => decided.value !== undefined));
    return decided.value ?? { kind: 'refused', code: 'superseded', status: null };
  };
  setHandler(admission, answer, { description: 'Whether this workflow may do its work' });
  return async (decision) => {
    const isAwaited = !allHandlersFinished();
    decided.value = decision;
    if (isAwaited) await letAnswersOut();
  };
}

/** An answer is sent when the workflow task ends: the local activities that follow would delay it. */
export async function letAnswersOut(): Promise<void> {
  await CancellationScope.nonCancellable(() => sleep(1));
}
