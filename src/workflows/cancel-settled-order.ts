import { allHandlersFinished, CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import type { AcceptedOrder, OrderOutcome } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import { announceAdmission } from './admission.js';
import { superseded } from './endings.js';
import { openInbox } from './inbox.js';
import { orderSteps } from './steps.js';
import { undo } from './undo.js';

/**
 * Cancels an order whose checkout has ended: refunds what was captured, restocks, and only then says `cancelled`. It
 * cannot be cancelled itself.
 */
export async function cancelSettledOrder(
  order: AcceptedOrder,
  policy: OrderPolicy,
  reason: string,
): Promise<OrderOutcome> {
  return CancellationScope.nonCancellable(() => cancelSettled(order, policy, reason));
}

async function cancelSettled(order: AcceptedOrder, policy: OrderPolicy, reason: string): Promise<OrderOutcome> {
  const inbox = openInbox();
  const announce = announceAdmission();
  const steps = orderSteps(order, workflowInfo().firstExecutionRunId, policy, inbox);

  const decision = await steps.takeOverToCancel(reason);
  await announce(decision);
  const outcome = decision.kind === 'admitted' ? await undo({ status: 'cancelled', reason }, steps, inbox) : superseded;
  await condition(allHandlersFinished);
  return outcome;
}
