import { CancellationScope, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { AcceptedOrder, OrderOutcome } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import { listenForCancel } from './steps/cancellation.js';
import { confirmed, declined, failed, mismatched, superseded } from './steps/endings.js';
import { openSignals, type PendingSignals, type Left } from './messages/pending-signals.js';
import { inRuns } from './messages/long-run.js';
import { resolveCharges } from './steps/payment.js';
import { answerAll, refundUntilDone } from './steps/refunding.js';
import { orderSteps, type OrderSteps } from './steps/order-steps.js';
import { undo } from './steps/undo.js';
import { showProgress } from './telemetry/show-progress.js';

/**
 * Settles an order whose own run no longer exists, or that captured money after its end: checks the actual state,
 * confirms what was paid, and undoes everything else. The cancel signal still cancels an order that has no answer; a
 * cancel request from Temporal is ignored, since nothing would run after it.
 */
export async function recoverOrder(order: AcceptedOrder, policy: OrderPolicy, before?: Left): Promise<OrderOutcome> {
  const signals = openSignals(before);
  return CancellationScope.nonCancellable(() =>
    inRuns(
      () => recover(order, policy, signals),
      () => continueAsNew<typeof recoverOrder>(order, policy, signals.left()),
    ),
  );
}

async function recover(order: AcceptedOrder, policy: OrderPolicy, signals: PendingSignals): Promise<OrderOutcome> {
  const steps = orderSteps(order, workflowInfo().firstExecutionRunId, policy, signals);
  const interruptible = listenForCancel(steps, signals);
  const { memory } = signals;
  showProgress(order, () => ({ stage: memory.standing?.kind ?? 'start', cancel_reason: memory.cancelReason ?? null }));

  const outcome = await bringToEnd();
  await answerAll(steps.refunds, signals);
  return outcome;

  async function bringToEnd(): Promise<OrderOutcome> {
    // Only once: another run may have taken over the order since the previous run did.
    const standing = (signals.memory.standing ??= await steps.regular('takeOverToRecover', {
      order,
      owner: steps.owner,
    }));
    switch (standing.kind) {
      case 'superseded':
        return superseded;
      case 'ended':
        // A late capture of an ended order is refunded, once; the order stays unchanged.
        await resolveCharges(steps, signals);
        await steps.refunds.findLateCaptures();
        await refundUntilDone(steps.refunds, signals);
        return superseded;
      case 'undoing':
        return undo(standing.ending, steps, signals);
      case 'open': {
        const ending = await interruptible(() => lookUp(steps, signals));
        if (ending.status !== 'failed' && ending.status !== 'cancelled') return ending;
        signals.memory.standing = { kind: 'undoing', ending };
        return undo(ending, steps, signals);
      }
    }
  }
}

async function lookUp(steps: OrderSteps, signals: PendingSignals): Promise<OrderOutcome> {
  const payment = await resolveCharges(steps, signals);
  switch (payment.kind) {
    case 'confirmed':
      return confirmed;
    case 'declined':
      return declined(payment);
    case 'mismatch':
      return mismatched(payment);
    case 'undoing':
      return payment.ending;
    case 'unreserved':
      return failed('charge', 'out_of_stock', 'the reservation was gone when the payment came');
    case 'not_charged':
    case 'expired':
    case 'superseded':
      return failed('charge', 'payment_unavailable', 'the order was interrupted before it was paid');
  }
}
