import { sleep } from '@temporalio/workflow';
import type { ChargeOutcome } from '../domain/outcomes.js';
import { isExhausted } from './optimistic.js';
import type { OrderSteps } from './steps.js';

type Known = Exclude<ChargeOutcome, { kind: 'unknown' }>;

/** Charges the order and answers only when the outcome is known: after trouble the truth is looked up, never guessed. */
export async function pay(steps: OrderSteps): Promise<Known> {
  try {
    const outcome = await steps.charge();
    if (outcome.kind !== 'unknown') return outcome;
  } catch (error) {
    if (!isExhausted(error)) throw error;
  }
  return settle(steps);
}

/** Looks up what became of the order's charge until it is known, less and less often. */
export async function settle(steps: OrderSteps): Promise<Known> {
  const { retry, lookupMaximumIntervalMs } = steps.policy;
  for (let pauseMs = retry.initialIntervalMs; ; pauseMs *= retry.backoffCoefficient) {
    const outcome = await steps.settle();
    if (outcome.kind !== 'unknown') return outcome;
    await sleep(Math.min(Math.max(pauseMs, outcome.retryAfterMs), lookupMaximumIntervalMs));
  }
}
