import { WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import type { Actor } from '../domain/actor.js';
import type { NoticeRef } from '../domain/notice.js';
import type { AcceptedOrder } from '../domain/order.js';
import type { Admission, ReviewOutcome } from '../domain/outcomes.js';
import type { OrderPolicy } from '../domain/policy.js';
import type { RequestedRefund } from '../domain/requested-refund.js';
import {
  CANCEL_SETTLED_ORDER,
  cancelWorkflowId,
  FULFIL_ORDER,
  fulfilWorkflowId,
  noticeWorkflowId,
  orderWorkflowId,
  PROCESS_ORDER,
  REFUND_ORDER,
  refundWorkflowId,
  reviewOrder,
  SEND_NOTICE,
  type Redrive,
  type ReviewRequest,
} from '../workflows/contract.js';
import { isNotFound, type Bounded } from './bounded-calls.js';
import { checkoutRun } from './checkout-run.js';
import { startsOf } from './start-workflow.js';
import { updatesOf, type UpdateOptions } from './update-answers.js';

interface AdmissionOptions {
  client: Client;
  bounded: Bounded;
  probeDatabase?: UpdateOptions['probeDatabase'];
}

/** Requests that the workflow answers itself: whether it may do its work. */
export function admissionsOf({ client, bounded, probeDatabase }: AdmissionOptions) {
  const answered = updatesOf({ client, bounded, probeDatabase });
  const { startOrJoin, startAlone } = startsOf(client, bounded);

  return {
    /** Cancels an order whose checkout is over. */
    cancelSettled: (order: AcceptedOrder, policy: OrderPolicy, reason: string): Promise<Admission> =>
      startOrJoin(
        CANCEL_SETTLED_ORDER,
        { workflowId: cancelWorkflowId(order.orderId), args: [order, policy, reason] },
        answered,
      ),

    /** The database stores a refund's id, so a refused run may be followed by another one. */
    refund: (request: RequestedRefund, policy: OrderPolicy): Promise<Admission> =>
      startOrJoin(REFUND_ORDER, { workflowId: refundWorkflowId(request.refundId), args: [request, policy] }, answered),

    fulfil: (orderId: string, policy: OrderPolicy, actor: Actor): Promise<Admission> =>
      startOrJoin(FULFIL_ORDER, { workflowId: fulfilWorkflowId(orderId), args: [orderId, policy, actor] }, answered),

    /** @returns undefined if no workflow of the order accepts decisions now */
    async review(orderId: string, request: ReviewRequest): Promise<ReviewOutcome | undefined> {
      const handle = client.workflow.getHandle(orderWorkflowId(orderId));
      try {
        return await answered(handle.workflowId, () => handle.executeUpdate(reviewOrder, { args: [request] }));
      } catch (error) {
        if (isNotFound(error) || error instanceof WorkflowUpdateFailedError) return undefined;
        throw error;
      }
    },

    /** Sends a failed order through again. */
    redrive: (order: AcceptedOrder, policy: OrderPolicy, redrive: Redrive): Promise<Admission | 'running'> =>
      startAlone(PROCESS_ORDER, { ...checkoutRun(order), args: [order, policy, redrive] }, answered),

    /** Sends a notice that was given up through again. */
    redriveNotice: (ref: NoticeRef, redrive: Redrive): Promise<Admission | 'running'> =>
      startAlone(SEND_NOTICE, { workflowId: noticeWorkflowId(ref), args: [ref, redrive] }, answered),
  };
}
