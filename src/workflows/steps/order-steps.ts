// The steps of an order: each one calls an activity and decides what its outcome means.
// Never a rule that the database must enforce: an activity may run twice, and a run may have been superseded.

import { spread } from '../../domain/jitter.js';
import type { AcceptedOrder } from '../../domain/order.js';
import type { OrderPolicy } from '../../domain/policy.js';
import type { PendingSignals } from '../messages/pending-signals.js';
import { allTries, orderActivities } from '../retrying/optimistic.js';
import { undoActivities } from '../retrying/persistent.js';
import type { RefundSteps } from './refunding.js';

export type OrderSteps = ReturnType<typeof orderSteps>;

/** What the steps of an order's workflow share: the order, the run that owns it, and its activities by name. */
export function orderSteps(order: AcceptedOrder, owner: string, policy: OrderPolicy, signals: PendingSignals) {
  // The request's id is for the log lines of activities.
  const { orderId, requestId } = order;
  const run = { orderId, owner, requestId };
  const activities = orderActivities(policy);
  const undoing = undoActivities(policy, signals, { orderId, requestId });

  const refunds: RefundSteps = {
    policy,
    refund: () => undoing('refundCharges', { ...run, tries: allTries(policy) }),
    findLateCaptures: () => undoing('findLateCaptures', run),
    redrive: ({ deadLetterId, actor }) =>
      activities.regular('redriveRefund', { orderId, requestId, deadLetterId, actor }),
    applyEvidence: (evidence) => activities.regular('applyRefundEvidence', { orderId, requestId, evidence }),
  };

  return { ...activities, undoing, order, owner, run, policy, refunds, spread: (ms: number) => spread(ms, orderId) };
}
