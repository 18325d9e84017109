import { allHandlersFinished, CancellationScope, condition, continueAsNew } from '@temporalio/workflow';
import type { Admission } from '../domain/outcomes.js';
import type { OrderPolicy } from '../domain/policy.js';
import { admitted, announceAdmission } from './messages/admission.js';
import type { RefundRequest } from './contract.js';
import { openInbox, type Left } from './messages/pending-signals.js';
import { inRuns } from './messages/long-run.js';
import { refundUntilDone } from './steps/refunding.js';
import { requestedRefundSteps } from './steps/order-steps.js';

/**
 * Sends back part or all of a settled order's money, once, and restocks when that was asked for. It cannot be cancelled:
 * the money may be on its way.
 */
export async function refundOrder(request: RefundRequest, policy: OrderPolicy, before?: Left): Promise<Admission> {
  const inbox = openInbox(before);
  const announce = announceAdmission();
  const steps = requestedRefundSteps(request, policy, inbox);

  return CancellationScope.nonCancellable(() =>
    inRuns(refund, () => continueAsNew<typeof refundOrder>(request, policy, inbox.left())),
  );

  async function refund(): Promise<Admission> {
    const decision = before === undefined ? await steps.open() : admitted;
    await announce(decision);
    if (decision.kind === 'admitted') {
      await refundUntilDone(steps, inbox);
      if (request.restock) await steps.restock();
    }
    await condition(allHandlersFinished);
    return decision;
  }
}
