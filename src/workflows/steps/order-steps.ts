import { ApplicationFailure, proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { DeadLetterActivities } from '../../activities/dead-letters.js';
import type { GatewayEventActivities } from '../../activities/gateway-events.js';
import type { InventoryActivities } from '../../activities/inventory.js';
import type { OrderActivities } from '../../activities/orders.js';
import type { PaymentActivities } from '../../activities/payments.js';
import type { RefundActivities } from '../../activities/refunds.js';
import type { ScreeningActivities } from '../../activities/screening.js';
import type { Evidence } from '../../domain/dead-letter.js';
import { spread } from '../../domain/jitter.js';
import type { AcceptedOrder, Undone } from '../../domain/order.js';
import type { ReviewDecision } from '../../domain/outcomes.js';
import type { OrderPolicy } from '../../domain/policy.js';
import type { AllowedTries } from '../../domain/tries.js';
import { eventRetries, firstTry, stepRetries, undoRetries, wakeableRetries } from '../retrying/activity-options.js';
import type { GatewayEventRef, RefundRequest } from '../contract.js';
import type { Inbox } from '../messages/pending-signals.js';
import { limited, optimistic } from '../retrying/optimistic.js';
import { persistent, type Alarm } from '../retrying/persistent.js';
import type { RefundSteps } from './refunding.js';

type Activities = ScreeningActivities &
  InventoryActivities &
  PaymentActivities &
  RefundActivities &
  OrderActivities &
  DeadLetterActivities &
  GatewayEventActivities;

export type OrderSteps = ReturnType<typeof orderSteps>;

/** The steps of one order's workflow, each with its timeouts and retries in place. */
export function orderSteps(order: AcceptedOrder, owner: string, policy: OrderPolicy, inbox: Inbox) {
  const { local, retried, undoing, wakeable, pause } = activitiesOf(policy);
  // The request's id is for the log lines of activities.
  const { orderId, requestId } = order;
  const run = { orderId, owner, requestId };
  const alarm = alarmOf(policy, inbox, { orderId, requestId });

  const findLateCaptures = () =>
    persistent(alarm, 'late captures', local.findLateCaptures, wakeable.findLateCaptures, pause, run);
  const refunds: RefundSteps = {
    policy,
    refund: () =>
      persistent(alarm, 'refund', local.refundCharges, wakeable.refundCharges, pause, {
        ...run,
        tries: triesOf(policy),
      }),
    findLateCaptures,
    redrive: (deadLetterId) => undoing.redriveRefund({ orderId, requestId, deadLetterId }),
    applyEvidence: (evidence) => undoing.applyRefundEvidence({ orderId, requestId, evidence }),
  };

  return {
    policy,
    spread: (ms: number) => spread(ms, orderId),
    refunds,
    screen: () => {
      const { fraudChecks: checks, reviewDeadlineMs } = policy;
      const input = { order, owner, checks, reviewDeadlineMs };
      return limited(triesOf(policy), local.screenOrder, retried.screenOrder, pause, input);
    },
    holdForReview: (detail: string) =>
      undoing.holdForReview({ order, owner, detail, reviewDeadlineMs: policy.reviewDeadlineMs }),
    review: (decision: ReviewDecision | 'expired') => undoing.reviewOrder({ ...run, decision }),
    reserve: () => {
      const { reservationTtlMs: ttlMs } = policy;
      const input = { order, owner, ttlMs };
      return limited(triesOf(policy), local.reserveInventory, retried.reserveInventory, pause, input);
    },
    charge: (tries: number, withinMs: number) => {
      const input = { ...run, ttlMs: policy.reservationTtlMs };
      const deadline = Date.now() + withinMs;
      const rest = async (again: typeof input, allowed: AllowedTries) => {
        const leftMs = deadline - Date.now();
        if (leftMs <= 0) throw ApplicationFailure.retryable('the time to pay was over before the next try', 'TooLate');
        return proxyActivities<Activities>(stepRetries(policy, leftMs)).chargePayment(again, allowed);
      };
      return limited(tries, local.chargePayment, rest, { ...pause, atMostMs: withinMs }, input);
    },
    settle: () => optimistic(local.settleCharge, undoing.settleCharge, pause, run),
    /** Also what earlier runs of this order sent. */
    settleEarlier: () =>
      persistent(alarm, 'settle', local.settleEarlierCharges, wakeable.settleEarlierCharges, pause, run),
    findLateCaptures,
    applyChargeEvidence: (evidence: Evidence) => undoing.applyChargeEvidence({ ...run, evidence }),
    noteCancel: (reason: string) => undoing.noteCancel({ ...run, reason }),
    takeOver: (deadLetterId: string) => undoing.takeOverToRedrive({ ...run, deadLetterId }),
    takeOverToCancel: (reason: string) => undoing.takeOverToCancel({ ...run, reason }),
    takeOverToRecover: () => undoing.takeOverToRecover({ order, owner }),
    beginUndo: (ending: Undone) =>
      persistent(alarm, 'begin', local.beginUndo, wakeable.beginUndo, pause, { order, owner, ending }),
    release: () => persistent(alarm, 'release', local.releaseInventory, wakeable.releaseInventory, pause, run),
    end: (ending: Undone) => persistent(alarm, 'end', local.endOrder, wakeable.endOrder, pause, { ...run, ending }),
  };
}

/** The steps of a refund that somebody asked for. */
export function requestedRefundSteps(request: RefundRequest, policy: OrderPolicy, inbox: Inbox) {
  const { local, undoing, wakeable, pause } = activitiesOf(policy);
  const { orderId, refundId } = request;
  // A subject of its own: only this refund's workflow can be woken for it.
  const alarm = alarmOf(policy, inbox, { orderId, subject: refundId });
  return {
    policy,
    open: () => optimistic(local.openRefund, undoing.openRefund, pause, request),
    refund: () => {
      const input = { orderId, refundId, tries: triesOf(policy) };
      return persistent(alarm, 'refund', local.sendRefund, wakeable.sendRefund, pause, input);
    },
    // Those of its order are its order's.
    findLateCaptures: async () => {},
    restock: () =>
      persistent(alarm, 'restock', local.restockOrder, wakeable.restockOrder, pause, { orderId, refundId }),
    redrive: (deadLetterId: string) => undoing.redriveRefund({ orderId, deadLetterId }),
    applyEvidence: (evidence: Evidence) => undoing.applyRefundEvidence({ orderId, evidence }),
  };
}

export function fulfilmentStep(policy: OrderPolicy) {
  const { local, undoing, pause } = activitiesOf(policy);
  return (input: { orderId: string }) => optimistic(local.completeOrder, undoing.completeOrder, pause, input);
}

export function gatewayEventStep(policy: OrderPolicy) {
  const { applyGatewayEvent } = proxyActivities<Activities>(eventRetries(policy));
  return (event: GatewayEventRef) => applyGatewayEvent(event);
}

function triesOf({ retry }: OrderPolicy): number {
  return 1 + retry.retries;
}

function alarmOf(
  policy: OrderPolicy,
  inbox: Inbox,
  about: { orderId: string; requestId?: string; subject?: string },
): Alarm {
  const { openDeadLetter: open, resolveDeadLetter: close } = activitiesOf(policy).undoing;
  return { ...about, afterMs: policy.undoAlarmMs, inbox, open, close };
}

function activitiesOf(policy: OrderPolicy) {
  return {
    local: proxyLocalActivities<Activities>(firstTry(policy)),
    retried: proxyActivities<Activities>(stepRetries(policy, policy.stepDeadlineMs)),
    undoing: proxyActivities<Activities>(undoRetries(policy)),
    wakeable: proxyActivities<Activities>(wakeableRetries(policy)),
    pause: { ms: policy.retry.initialIntervalMs, atMostMs: policy.stepDeadlineMs },
  };
}
