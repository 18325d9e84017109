import { CancellationScope, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { AcceptedOrder, OrderOutcome } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import { admitted, announceAdmission } from './messages/admission.js';
import { superseded } from './steps/endings.js';
import { openSignals, type Left } from './messages/pending-signals.js';
import { inRuns } from './messages/long-run.js';
import { orderSteps } from './steps/order-steps.js';
import { answerAll } from './steps/refunding.js';
import { undo } from './steps/undo.js';

/**
 * Cancels an order whose checkout has ended: refunds what was captured, restocks, and only then sets
 * `cancelled`. It cannot be cancelled itself.
 */
export async function cancelSettledOrder(
  order: AcceptedOrder,
  policy: OrderPolicy,
  reason: string,
  before?: Left,
): Promise<OrderOutcome> {
  const signals = openSignals(before);
  const announce = announceAdmission();
  const steps = orderSteps(order, workflowInfo().firstExecutionRunId, policy, signals);

  return CancellationScope.nonCancellable(() =>
    inRuns(cancel, () => continueAsNew<typeof cancelSettledOrder>(order, policy, reason, signals.left())),
  );

  async function cancel(): Promise<OrderOutcome> {
    const decision =
      before === undefined ? await steps.regular('takeOverToCancel', { ...steps.run, reason }) : admitted;
    await announce(decision);
    const outcome =
      decision.kind === 'admitted' ? await undo({ status: 'cancelled', reason }, steps, signals) : superseded;
    await answerAll(steps.refunds, signals);
    return outcome;
  }
}
