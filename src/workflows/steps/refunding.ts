import type { Evidence } from '../../domain/dead-letter.js';
import type { RefundOutcome } from '../../domain/outcomes.js';
import type { OrderPolicy } from '../../domain/policy.js';
import type { Redrive } from '../contract.js';
import type { PendingSignals } from '../messages/pending-signals.js';
import { lookupPauses } from './lookup-pauses.js';

/** What sending money back needs: the refunds of an order that is being undone, or one that was asked for. */
export interface RefundSteps {
  policy: OrderPolicy;
  /** Sends what is due; throws, and is retried, while the gateway is failing. */
  refund(): Promise<RefundOutcome>;
  /** Asks again about charges that had taken nothing, where there may be any. */
  findLateCaptures(): Promise<void>;
  redrive(redrive: Redrive): Promise<void>;
  applyEvidence(evidence: Evidence): Promise<void>;
}

/**
 * Sends money back until all of it is. A refusal waits, under its dead letter, for a person's redrive or evidence; an
 * unknown outcome is looked up less and less often, and at once when there is news. What the gateway hints at meanwhile
 * may be money that was taken late: that goes back too.
 */
export async function refundUntilDone(steps: RefundSteps, signals: PendingSignals): Promise<void> {
  const pauseAfter = lookupPauses(steps.policy, signals, 'refund');
  let isHinted = signals.takeHint();
  for (;;) {
    if (isHinted) await steps.findLateCaptures();
    const outcome = await steps.refund();
    if (outcome.kind === 'refunded') {
      if (!(isHinted = signals.takeHint())) return;
      continue;
    }
    // No one says so when the dead letter of a refused refund is discarded.
    const [pauseMs, what] =
      outcome.kind === 'unknown'
        ? [pauseAfter(outcome.retryAfterMs), 'until the next look-up of the refund']
        : [steps.policy.lookupSlowIntervalMs, 'until the refused refund is decided'];
    const item = await signals.next('refund', pauseMs, what);
    if (item?.kind === 'redrive') await steps.redrive(item);
    if (item?.kind === 'evidence') await steps.applyEvidence(item.evidence);
    isHinted = signals.takeHint();
  }
}

/** Before a run ends: processes hints that came when none of its steps was waiting for them any more. */
export async function heedHints(steps: RefundSteps, signals: PendingSignals): Promise<void> {
  if (signals.takeHint()) await refundLateCaptures(steps, signals);
}

/** Sends back what was taken late, by whatever charge. */
export async function refundLateCaptures(steps: RefundSteps, signals: PendingSignals): Promise<void> {
  await steps.findLateCaptures();
  await refundUntilDone(steps, signals);
}
