import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { Actor } from '../domain/actor.js';
import type { RequestedFulfilment } from '../domain/fulfilment.js';
import type { Admission } from '../domain/outcomes.js';
import type { OrderPolicy } from '../domain/policy.js';
import { announceAdmission } from './messages/admission.js';
import { orderActivities } from './retrying/optimistic.js';

/** Ships some of an order, or marks a confirmed order as completed. If a cancel comes at the same time, the first to lock the order's row wins. */
export async function fulfilOrder(
  orderId: string,
  policy: OrderPolicy,
  actor?: Actor,
  fulfilment?: RequestedFulfilment,
): Promise<Admission> {
  const announce = announceAdmission();
  const { untilDone } = orderActivities(policy);
  const decision = await CancellationScope.nonCancellable(() =>
    fulfilment === undefined
      ? untilDone('completeOrder', { orderId, actor })
      : untilDone('createFulfilment', fulfilment),
  );
  await announce(decision);
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  return decision;
}
