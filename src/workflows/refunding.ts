import type { Inbox } from './inbox.js';
import type { RefundOutcome } from '../domain/outcomes.js';
import type { Evidence } from '../domain/dead-letter.js';

/** What sending money back needs: the refunds of an order that is being undone, or one that was asked for. */
export interface RefundSteps {
  /** Sends what is due; throws, and is retried, while the gateway is in trouble. */
  refund(): Promise<RefundOutcome>;
  redrive(deadLetterId: string): Promise<void>;
  applyEvidence(evidence: Evidence): Promise<void>;
}

/** Sends money back until all of it is: a refusal waits, under its dead letter, for a person's redrive or evidence. */
export async function refundUntilDone(steps: RefundSteps, inbox: Inbox): Promise<void> {
  while ((await steps.refund()).kind === 'refused') {
    const item = await inbox.next('refund');
    if (item?.kind === 'redrive') await steps.redrive(item.deadLetterId);
    if (item?.kind === 'evidence') await steps.applyEvidence(item.evidence);
  }
}
