import { allHandlersFinished, CancellationScope, condition, workflowInfo } from '@temporalio/workflow';
import type { AcceptedOrder, OrderOutcome } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import { listenForCancel } from './cancellation.js';
import { confirmed, declined, failed, mismatched, superseded } from './endings.js';
import { openInbox } from './inbox.js';
import { countSettled } from './order-metrics.js';
import { pay } from './payment.js';
import { takeOver, type Redrive } from './redrive.js';
import { heedHints } from './refunding.js';
import { reserve } from './reserve.js';
import { passScreening } from './screening.js';
import { orderSteps } from './steps.js';
import { undo } from './undo.js';

/**
 * One checkout, from accepted to confirmed, failed or cancelled. A business "no" is an outcome of the order, never a
 * failure of the workflow. With `redrive`, a failed order goes through again.
 */
export async function processOrder(
  order: AcceptedOrder,
  policy: OrderPolicy,
  redrive?: Redrive,
): Promise<OrderOutcome> {
  const inbox = openInbox();
  // The first run's id: a reset of the workflow goes on owning the order.
  const steps = orderSteps(order, workflowInfo().firstExecutionRunId, policy, inbox);
  const interruptible = listenForCancel(steps);

  const ending = await interruptible(checkOut);
  const outcome =
    ending.status === 'confirmed' || ending.status === 'superseded'
      ? ending
      : await CancellationScope.nonCancellable(() => undo(ending, steps, inbox));
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  countSettled(order, outcome);
  return outcome;

  async function checkOut(): Promise<OrderOutcome> {
    if (redrive !== undefined && !(await takeOver(redrive, steps, inbox))) return superseded;

    const screening = await passScreening(steps);
    if (screening !== 'passed') return screening;

    const reservation = await reserve(steps);
    if (reservation !== 'reserved') return reservation;

    const payment = await pay(steps, inbox);
    switch (payment.kind) {
      case 'confirmed':
        await heedHints(steps.refunds, inbox);
        return confirmed;
      case 'declined':
        return declined(payment);
      case 'expired':
        return failed('charge', 'expired', 'the time to pay was over before the charge was sent');
      case 'not_charged':
        return failed('charge', 'payment_unavailable', 'the payment gateway took no charge; nothing was taken');
      case 'mismatch':
        return mismatched(payment);
      case 'unreserved':
        return failed('charge', 'out_of_stock', 'the reservation was gone when the payment came');
      case 'undoing':
        return payment.ending;
      case 'superseded':
        return superseded;
    }
  }
}
