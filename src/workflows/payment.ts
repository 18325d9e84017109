import type { ChargeOutcome } from '../domain/outcomes.js';
import type { Inbox } from './inbox.js';
import { lookupPauses } from './lookup-pauses.js';
import { isExhausted } from './optimistic.js';
import type { OrderSteps } from './steps.js';
import { sleepFor } from './waiting.js';

type Known = Exclude<ChargeOutcome, { kind: 'unknown' | 'refused' }>;

/** Charges the order and answers only when the outcome is known: after trouble the truth is looked up, never guessed. */
export async function pay(steps: OrderSteps, inbox: Inbox): Promise<Known> {
  const deadline = Date.now() + steps.policy.paymentDeadlineMs;
  for (let tries = 1 + steps.policy.retry.retries; tries > 0 && Date.now() < deadline;) {
    const outcome = await charge(steps, tries, deadline - Date.now());
    if (outcome.kind === 'unknown') break;
    if (outcome.kind !== 'refused') return outcome;
    // A call that the breaker refuses costs no try. The waiting is spread, so that not all orders come back at the same moment.
    tries = 1 + steps.policy.retry.retries - outcome.tries;
    const pauseMs = Math.max(outcome.retryAfterMs, steps.policy.retry.initialIntervalMs) * (1 + steps.jitter / 2);
    await sleepFor(Math.min(pauseMs, Math.max(deadline - Date.now(), 1)), 'until the payment gateway may be asked');
  }
  return settle(steps, inbox);
}

async function charge(steps: OrderSteps, tries: number, withinMs: number): Promise<ChargeOutcome> {
  try {
    return await steps.charge(tries, withinMs);
  } catch (error) {
    if (!isExhausted(error)) throw error;
    return { kind: 'unknown', retryAfterMs: 0 };
  }
}

/** Finds out what became of the order's charge: looks less and less often, and at once when there is news. */
export async function settle(steps: OrderSteps, inbox: Inbox): Promise<Known> {
  const pauseAfter = lookupPauses(steps.policy);
  for (;;) {
    const outcome = await steps.settle();
    if (outcome.kind !== 'unknown' && outcome.kind !== 'refused') return outcome;
    const item = await inbox.next('charge', pauseAfter(outcome.retryAfterMs), 'until the next look-up of the charge');
    if (item?.kind === 'evidence') await steps.applyChargeEvidence(item.evidence);
  }
}

/** The same for every charge of the order, also those that earlier runs sent, and those that had taken nothing. */
export async function settleAll(steps: OrderSteps, inbox: Inbox): Promise<Known> {
  const settleEarlier: OrderSteps['settleEarlier'] = async () => {
    if (inbox.takeHint()) await steps.findLateCaptures();
    return steps.settleEarlier();
  };
  return settle({ ...steps, settle: settleEarlier }, inbox);
}
