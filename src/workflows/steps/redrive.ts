import { CancellationScope } from '@temporalio/workflow';
import type { Redrive } from '../contract.js';
import { announceAdmission } from '../messages/admission.js';
import type { PendingSignals } from '../messages/pending-signals.js';
import type { Journey } from './journey.js';
import { resolveCharges } from './payment.js';
import { refundUntilDone } from './refunding.js';
import type { OrderSteps } from './order-steps.js';

/**
 * Makes this run the owner of a failed order, by compare-and-set on the dead letter and the row. Charges of earlier
 * runs are looked up and refunded first: only then may there be a new charge.
 * @returns whether this run may go on
 */
export async function takeOver(
  redrive: Redrive,
  steps: OrderSteps,
  signals: PendingSignals,
  journey: Journey,
): Promise<boolean> {
  if (journey.place.at === 'start') {
    const announce = announceAdmission();
    const decision = await CancellationScope.nonCancellable(() =>
      steps.regular('takeOverToRedrive', { ...steps.run, ...redrive }),
    );
    await announce(decision);
    if (decision.kind === 'refused') return false;
    journey.place = { at: 'redriven' };
  }
  await resolveCharges(steps, signals);
  await steps.refunds.findLateCaptures();
  await refundUntilDone(steps.refunds, signals);
  return true;
}
