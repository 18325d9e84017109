import type { ChargeOutcome } from '../../domain/outcomes.js';
import type { PendingSignals } from '../messages/pending-signals.js';
import type { Journey } from './journey.js';
import { lookupPauses } from './lookup-pauses.js';
import { allTries, isExhausted } from '../retrying/optimistic.js';
import type { OrderSteps } from './order-steps.js';
import { waitFor } from '../telemetry/waiting.js';

type Known = Exclude<ChargeOutcome, { kind: 'unknown' | 'refused' }>;

/** Charges the order and returns only when the outcome is known: after a fault it is looked up, never guessed. */
export async function pay(steps: OrderSteps, signals: PendingSignals, journey: Journey): Promise<Known> {
  const known = journey.place.at === 'settling' ? undefined : await chargeInTime(steps, signals, journey);
  if (known !== undefined) return known;
  journey.place = { at: 'settling' };
  return resolveCharge(steps, signals);
}

/** @returns undefined if the outcome has to be looked up */
async function chargeInTime(steps: OrderSteps, signals: PendingSignals, journey: Journey): Promise<Known | undefined> {
  const { place } = journey;
  const tryLimit = allTries(steps.policy);
  const [deadline, left] =
    place.at === 'paying' ? [place.untilMs, place.tries] : [Date.now() + steps.policy.paymentDeadlineMs, tryLimit];
  for (let tries = left; tries > 0 && Date.now() < deadline;) {
    const outcome = await charge(steps, tries, deadline - Date.now());
    if (outcome.kind === 'unknown') return undefined;
    if (outcome.kind !== 'refused') return outcome;
    // A call that the breaker refused uses up no try.
    tries = tryLimit - outcome.tries;
    const pauseMs = steps.spread(Math.max(outcome.retryAfterMs, steps.policy.retry.initialIntervalMs));
    const waitMs = Math.min(pauseMs, Math.max(deadline - Date.now(), 1));
    await waitFor(signals.isFull, waitMs, 'until the payment gateway may be asked');
    journey.place = { at: 'paying', untilMs: deadline, tries };
    signals.endIfLong();
  }
  return undefined;
}

async function charge(steps: OrderSteps, tries: number, withinMs: number): Promise<ChargeOutcome> {
  try {
    const input = { ...steps.run, ttlMs: steps.policy.reservationTtlMs };
    return await steps.limited('chargePayment', input, { tries, withinMs });
  } catch (error) {
    if (!isExhausted(error)) throw error;
    return { kind: 'unknown', retryAfterMs: 0 };
  }
}

/** Finds out the outcome of the order's charge: looks it up with growing pauses, and immediately after a hint. */
export async function resolveCharge(
  steps: OrderSteps,
  signals: PendingSignals,
  ask = () => steps.untilDone('settleCharge', steps.run),
): Promise<Known> {
  const pauseAfter = lookupPauses(steps.policy, signals, 'charge');
  for (;;) {
    const outcome = await ask();
    if (outcome.kind !== 'unknown' && outcome.kind !== 'refused') return outcome;
    const item = await signals.next('charge', ...pauseAfter(outcome.retryAfterMs));
    if (item?.kind === 'evidence')
      await steps.regular('applyChargeEvidence', { ...steps.run, evidence: item.evidence });
  }
}

/** The same for every charge of the order, including those of earlier runs and those that had taken nothing. */
export async function resolveCharges(steps: OrderSteps, signals: PendingSignals): Promise<Known> {
  return resolveCharge(steps, signals, async () => {
    if (signals.takeHint()) await steps.refunds.findLateCaptures();
    return steps.undoing('settleEarlierCharges', steps.run);
  });
}
