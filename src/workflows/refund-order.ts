import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { Admission } from '../domain/outcomes.js';
import type { OrderPolicy } from '../domain/policy.js';
import { announceAdmission } from './admission.js';
import type { RefundRequest } from './contract.js';
import { openInbox } from './inbox.js';
import { refundUntilDone } from './refunding.js';
import { requestedRefundSteps } from './steps.js';

/**
 * Sends back part or all of a settled order's money, once, and restocks when that was asked for. It cannot be cancelled:
 * the money may be on its way.
 */
export async function refundOrder(request: RefundRequest, policy: OrderPolicy): Promise<Admission> {
  return CancellationScope.nonCancellable(() => refund(request, policy));
}

async function refund(request: RefundRequest, policy: OrderPolicy): Promise<Admission> {
  const inbox = openInbox();
  const announce = announceAdmission();
  const steps = requestedRefundSteps(request, policy, inbox);

  const decision = await steps.open();
  await announce(decision);
  if (decision.kind === 'admitted') {
    await refundUntilDone(steps, inbox);
    if (request.restock) await steps.restock();
  }
  await condition(allHandlersFinished);
  return decision;
}
