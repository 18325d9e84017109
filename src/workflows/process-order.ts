import { CancellationScope, workflowInfo } from '@temporalio/workflow';
import type { AcceptedOrder, OrderOutcome } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import { listenForCancel } from './cancellation.js';
import { confirmed, failed, superseded } from './endings.js';
import { isExhausted } from './optimistic.js';
import { pay } from './payment.js';
import { orderSteps, type OrderSteps } from './steps.js';
import { undo } from './undo.js';

/**
 * One checkout, from accepted to confirmed, failed or cancelled. A business "no" is an outcome of the order, never a
 * failure of the workflow.
 */
export async function processOrder(order: AcceptedOrder, policy: OrderPolicy): Promise<OrderOutcome> {
  // The first run's id: a reset of the workflow goes on owning the order.
  const steps = orderSteps(order, workflowInfo().firstExecutionRunId, policy);
  const interruptible = listenForCancel();

  const ending = await interruptible(() => checkOut(steps));
  if (ending.status === 'confirmed' || ending.status === 'superseded') return ending;
  return CancellationScope.nonCancellable(() => undo(ending, steps));
}

async function checkOut(steps: OrderSteps): Promise<OrderOutcome> {
  if (steps.needScreening) {
    const verdict = await steps.screen();
    if (verdict.kind === 'rejected') return failed('screen', 'fraud_rejected', verdict.detail);
  }

  const reservation = await steps.reserve().catch(unavailable);
  if (reservation.kind === 'superseded') return superseded;
  if (reservation.kind === 'unavailable')
    return failed('reserve', 'inventory_unavailable', 'stock could not be reserved');
  if (reservation.kind === 'out_of_stock') {
    const short = reservation.shortages.map((s) => `${s.sku}: ${s.requested} wanted, ${s.available} left`);
    return failed('reserve', 'out_of_stock', short.join('; '));
  }

  const payment = await pay(steps);
  switch (payment.kind) {
    case 'confirmed':
      return confirmed;
    case 'declined':
      return failed('charge', 'payment_declined', payment.code);
    case 'not_charged':
      return failed('charge', 'payment_unavailable', 'the payment gateway could not be reached; nothing was charged');
    case 'mismatch':
      return failed('charge', 'payment_mismatch', `${payment.capturedMinor} ${payment.currency} were captured`);
    case 'superseded':
      return superseded;
  }
}

/** A step whose retries are used up is an outcome; a cancellation or a bug is not. */
function unavailable(error: unknown): { kind: 'unavailable' } {
  if (!isExhausted(error)) throw error;
  return { kind: 'unavailable' };
}
