import { CancellationScope, continueAsNew, workflowInfo } from '@temporalio/workflow';
import type { AcceptedOrder, OrderOutcome, Undone } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import { listenForCancel } from './steps/cancellation.js';
import { confirmed, declined, failed, mismatched, superseded } from './steps/endings.js';
import { openSignals, type Left } from './messages/pending-signals.js';
import { isAt, type Journey } from './steps/journey.js';
import { inRuns } from './messages/long-run.js';
import { countSettled } from './telemetry/order-metrics.js';
import { showProgress } from './telemetry/show-progress.js';
import { pay } from './steps/payment.js';
import type { Redrive } from './contract.js';
import { takeOver } from './steps/redrive.js';
import { answerAll, heedHints, refundLateCaptures } from './steps/refunding.js';
import { reserve } from './steps/reserve.js';
import { listenForReview, passScreening } from './steps/pass-screening.js';
import { orderSteps } from './steps/order-steps.js';
import { undo } from './steps/undo.js';

/**
 * One checkout, from accepted to confirmed, failed or cancelled. A business "no" is an outcome of the order, never a
 * failure of the workflow. With `redrive`, a failed order goes through again; with `before`, this run continues one
 * that has grown long.
 */
export async function processOrder(
  order: AcceptedOrder,
  policy: OrderPolicy,
  redrive?: Redrive,
  before?: Left & Journey,
): Promise<OrderOutcome> {
  const signals = openSignals(before);
  const journey: Journey = { place: before?.place ?? { at: 'start' } };
  // The first run's id, so that the workflow still owns the order after a reset.
  const steps = orderSteps(order, workflowInfo().firstExecutionRunId, policy, signals);
  const interruptible = listenForCancel(steps, signals);
  showProgress(order, () => ({ stage: journey.place.at, cancel_reason: signals.memory.cancelReason ?? null }));

  return inRuns(walk, () => {
    if (CancellationScope.current().consideredCancelled) signals.memory.cancelReason ??= 'cancelled in Temporal';
    return continueAsNew<typeof processOrder>(order, policy, redrive, { ...signals.left(), ...journey });
  });

  async function walk(): Promise<OrderOutcome> {
    const { place } = journey;
    const ending = place.at === 'undoing' ? place.ending : await interruptible(checkOut);
    const outcome =
      ending.status === 'confirmed' || ending.status === 'superseded'
        ? ending
        : await CancellationScope.nonCancellable(() => takeBack(ending));
    await CancellationScope.nonCancellable(() => answerAll(steps.refunds, signals));
    countSettled(order, outcome);
    return outcome;
  }

  async function takeBack(ending: Undone): Promise<OrderOutcome> {
    journey.place = { at: 'undoing', ending };
    return undo(ending, steps, signals);
  }

  async function checkOut(): Promise<OrderOutcome> {
    const from = journey.place;
    if (redrive !== undefined && isAt(from, 'start', 'redriven')) {
      if (!(await takeOver(redrive, steps, signals, journey))) return superseded;
    }

    if (isAt(from, 'start', 'redriven', 'in review')) {
      const screening = await passScreening(steps, signals, journey);
      if (screening !== 'passed') return screening;

      const reservation = await reserve(steps);
      if (reservation !== 'reserved') return reservation;
    } else {
      listenForReview(steps);
    }

    if (from.at === 'confirmed') {
      await refundLateCaptures(steps.refunds, signals);
      return confirmed;
    }
    const payment = await pay(steps, signals, journey);
    switch (payment.kind) {
      case 'confirmed':
        journey.place = { at: 'confirmed' };
        await heedHints(steps.refunds, signals);
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
