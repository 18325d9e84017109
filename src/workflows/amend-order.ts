import { allHandlersFinished, CancellationScope, condition } from '@temporalio/workflow';
import type { RequestedChange } from '../domain/order-change.js';
import type { Admission } from '../domain/outcomes.js';
import type { OrderPolicy } from '../domain/policy.js';
import { announceAdmission } from './messages/admission.js';
import { orderActivities } from './retrying/optimistic.js';

/** Changes where an order goes, or its metadata, once. */
export async function amendOrder(change: RequestedChange, policy: OrderPolicy): Promise<Admission> {
  const announce = announceAdmission();
  const { untilDone } = orderActivities(policy);
  const decision = await CancellationScope.nonCancellable(() => untilDone('amendOrder', change));
  await announce(decision);
  await CancellationScope.nonCancellable(() => condition(allHandlersFinished));
  return decision;
}
