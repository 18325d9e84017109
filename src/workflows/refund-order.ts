import { allHandlersFinished, CancellationScope, condition, continueAsNew } from '@temporalio/workflow';
import type { Admission } from '../domain/outcomes.js';
import type { OrderPolicy } from '../domain/policy.js';
import { admitted, announceAdmission } from './messages/admission.js';
import type { RequestedRefund } from '../domain/requested-refund.js';
import { openSignals, type Left } from './messages/pending-signals.js';
import { inRuns } from './messages/long-run.js';
import { allTries, orderActivities } from './retrying/optimistic.js';
import { undoActivities } from './retrying/persistent.js';
import { refundUntilDone, type RefundSteps } from './steps/refunding.js';

/**
 * Refunds part or all of a settled order's payment, once, and restocks if that was requested. It cannot be cancelled:
 * the money may be on its way.
 */
export async function refundOrder(request: RequestedRefund, policy: OrderPolicy, before?: Left): Promise<Admission> {
  const signals = openSignals(before);
  const announce = announceAdmission();
  const { orderId, refundId } = request;
  const { untilDone, regular } = orderActivities(policy);
  // Its own subject: it wakes only this refund's workflow.
  const undoing = undoActivities(policy, signals, { orderId, subject: refundId });
  const steps: RefundSteps = {
    policy,
    refund: () => undoing('sendRefund', { orderId, refundId, tries: allTries(policy) }),
    // Those of the order belong to the order's workflows.
    findLateCaptures: async () => {},
    redrive: ({ deadLetterId, actor }) => regular('redriveRefund', { orderId, deadLetterId, actor }),
    applyEvidence: (evidence) => regular('applyRefundEvidence', { orderId, evidence }),
  };

  return CancellationScope.nonCancellable(() =>
    inRuns(refund, () => continueAsNew<typeof refundOrder>(request, policy, signals.left())),
  );

  async function refund(): Promise<Admission> {
    const decision = before === undefined ? await untilDone('openRefund', request) : admitted;
    await announce(decision);
    if (decision.kind === 'admitted') {
      await refundUntilDone(steps, signals);
      if (request.restock) await undoing('restockOrder', { orderId, refundId });
    }
    await condition(allHandlersFinished);
    return decision;
  }
}
