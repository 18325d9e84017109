import { proxyActivities, proxyLocalActivities } from '@temporalio/workflow';
import type { InventoryActivities } from '../activities/inventory.js';
import type { OrderActivities } from '../activities/orders.js';
import type { PaymentActivities } from '../activities/payments.js';
import type { RefundActivities } from '../activities/refunds.js';
import type { ScreeningActivities } from '../activities/screening.js';
import type { AcceptedOrder } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import { firstTry, stepRetries, undoRetries } from './activity-options.js';
import { optimistic } from './optimistic.js';

type Activities = ScreeningActivities & InventoryActivities & PaymentActivities & RefundActivities & OrderActivities;

export type OrderSteps = ReturnType<typeof orderSteps>;

/** The steps of one order's workflow, each with its timeouts and retries in place. */
export function orderSteps(order: AcceptedOrder, owner: string, policy: OrderPolicy) {
  const local = proxyLocalActivities<Activities>(firstTry(policy));
  const retried = proxyActivities<Activities>(stepRetries(policy));
  const persistent = proxyActivities<Activities>(undoRetries(policy));
  const pauseMs = policy.retry.initialIntervalMs;
  const run = { orderId: order.orderId, owner };

  return {
    policy,
    needScreening: policy.fraudChecks.length > 0,
    screen: () =>
      optimistic(local.screenOrder, retried.screenOrder, pauseMs, { order, owner, checks: policy.fraudChecks }),
    reserve: () => optimistic(local.reserveInventory, retried.reserveInventory, pauseMs, { order, owner }),
    charge: () => optimistic(local.chargePayment, retried.chargePayment, pauseMs, run),
    settle: () => optimistic(local.settleCharge, persistent.settleCharge, pauseMs, run),
    beginUndo: (to: 'compensating' | 'cancelling') =>
      optimistic(local.beginUndo, persistent.beginUndo, pauseMs, { order, owner, to }),
    refund: () => optimistic(local.refundCharges, persistent.refundCharges, pauseMs, run),
    release: () => optimistic(local.releaseInventory, persistent.releaseInventory, pauseMs, run),
    end: (ending: Parameters<Activities['endOrder']>[0]['ending']) =>
      optimistic(local.endOrder, persistent.endOrder, pauseMs, { ...run, ending }),
  };
}
