import { upsertSearchAttributes } from '@temporalio/workflow';
import type { OrderOutcome, Undone } from '../../domain/order.js';
import { ORDER_OUTCOME } from '../contract.js';
import { confirmed, superseded } from './endings.js';
import type { PendingSignals } from '../messages/pending-signals.js';
import { countUndo } from '../telemetry/order-metrics.js';
import { resolveCharges } from './payment.js';
import { heedHints, refundLateCaptures, refundUntilDone } from './refunding.js';
import type { OrderSteps } from './order-steps.js';

/**
 * Undoes whatever the order did, in reverse order, before it ends as requested. Every undo runs every time and asks the
 * database and the gateway what there is to undo: a discarded workflow task has run its local activities and forgotten
 * them, so this workflow's memory proves nothing.
 */
export async function undo(asked: Undone, steps: OrderSteps, signals: PendingSignals): Promise<OrderOutcome> {
  const { ended } = signals.memory;
  if (ended !== undefined) {
    await refundLateCaptures(steps.refunds, signals);
    return over(ended);
  }
  // From here on, the order's status refuses every forward step, even one that is still running somewhere.
  const opening = await steps.undoing('beginUndo', { order: steps.order, owner: steps.owner, ending: asked });
  if (opening.kind === 'superseded') return superseded;
  if (opening.kind === 'confirmed') return confirmed;
  const { ending } = opening;
  if (!signals.memory.isUndoing) countUndo(ending);
  signals.memory.isUndoing = true;

  await resolveCharges(steps, signals);
  await refundUntilDone(steps.refunds, signals);
  await steps.undoing('releaseInventory', steps.run);
  await steps.undoing('endOrder', { ...steps.run, ending });
  signals.memory.ended = ending;
  await heedHints(steps.refunds, signals);
  return over(ending);
}

function over(ending: Undone): Undone {
  const value = ending.status === 'failed' ? ending.failure.reason : ending.status;
  upsertSearchAttributes([{ key: ORDER_OUTCOME, value }]);
  return ending;
}
