import { allHandlersFinished, condition, patched } from '@temporalio/workflow';
import type { Evidence } from '../../domain/dead-letter.js';
import type { RefundOutcome } from '../../domain/outcomes.js';
import type { OrderPolicy } from '../../domain/policy.js';
import type { Redrive } from '../contract.js';
import type { PendingSignals } from '../messages/pending-signals.js';
import { lookupPauses } from './lookup-pauses.js';

/** What refunding needs: the refunds of an order that is being undone, or a requested one. */
export interface RefundSteps {
  policy: OrderPolicy;
  /** Sends what is due; throws, and is retried, while the gateway is failing. */
  refund(): Promise<RefundOutcome>;
  /** Looks up again the charges that had taken nothing, if there may be any. */
  findLateCaptures(): Promise<void>;
  redrive(redrive: Redrive): Promise<void>;
  applyEvidence(evidence: Evidence): Promise<void>;
}

/**
 * Refunds until everything has been refunded. A refused refund waits, with a dead letter, for a redrive or evidence; an
 * unknown outcome is looked up with growing pauses, and immediately after a hint. A hint may also mean that money was
 * captured late: that is refunded too.
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
    // Nothing signals that the dead letter of a refused refund was discarded.
    const [pauseMs, what] =
      outcome.kind === 'unknown'
        ? pauseAfter(outcome.retryAfterMs)
        : ([steps.policy.lookupSlowIntervalMs, 'until the refused refund is decided'] as const);
    const item = await signals.next('refund', pauseMs, what);
    if (item?.kind === 'redrive') await steps.redrive(item);
    if (item?.kind === 'evidence') await steps.applyEvidence(item.evidence);
    isHinted = signals.takeHint();
  }
}

/** Before a run ends: processes hints that arrived when no step was waiting for them. */
export async function heedHints(steps: RefundSteps, signals: PendingSignals): Promise<void> {
  if (signals.takeHint()) await refundLateCaptures(steps, signals);
}

/** The last thing that a run does: answers its messages, and processes the hints that arrived meanwhile. */
export async function answerAll(steps: RefundSteps, signals: PendingSignals): Promise<void> {
  for (;;) {
    await condition(allHandlersFinished);
    if (!signals.takeHint() || !patched('hints-until-the-end')) return;
    await refundLateCaptures(steps, signals);
  }
}

/** Refunds late captures of any charge. */
export async function refundLateCaptures(steps: RefundSteps, signals: PendingSignals): Promise<void> {
  await steps.findLateCaptures();
  await refundUntilDone(steps, signals);
}
