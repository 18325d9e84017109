import {
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowStartOptions,
} from '@temporalio/client';
import type { Actor } from '../domain/actor.js';
import type { RequestedFulfilment } from '../domain/fulfilment.js';
import type { NoticeRef } from '../domain/notice.js';
import type { RequestedChange } from '../domain/order-change.js';
import type { AcceptedOrder } from '../domain/order.js';
import type { Admission, ReviewOutcome } from '../domain/outcomes.js';
import type { OrderPolicy } from '../domain/policy.js';
import type { RequestedRefund } from '../domain/requested-refund.js';
import {
  admission,
  AMEND_ORDER,
  amendWorkflowId,
  CANCEL_SETTLED_ORDER,
  cancelWorkflowId,
  FULFIL_ORDER,
  fulfilmentWorkflowId,
  fulfilWorkflowId,
  noticeWorkflowId,
  orderWorkflowId,
  PROCESS_ORDER,
  REFUND_ORDER,
  refundWorkflowId,
  reviewOrder,
  SEND_NOTICE,
  TASK_QUEUE,
  type Redrive,
  type ReviewRequest,
} from '../workflows/contract.js';
import { isAlreadyStarted, isNotFound, RACES, type Bounded } from './bounded-calls.js';
import { checkoutRun } from './checkout-run.js';
import { updatesOf, type UpdateOptions } from './update-answers.js';

interface AdmissionOptions {
  client: Client;
  bounded: Bounded;
  probeDatabase?: UpdateOptions['probeDatabase'];
}

type AdmittedRun = Pick<WorkflowStartOptions, 'workflowId' | 'args' | 'memo' | 'staticSummary'>;

/** Requests that the workflow answers itself: whether it may do its work. */
export function admissionsOf({ client, bounded, probeDatabase }: AdmissionOptions) {
  const answered = updatesOf({ client, bounded, probeDatabase });

  return {
    /** Cancels an order whose checkout is over. */
    cancelSettled: (order: AcceptedOrder, policy: OrderPolicy, reason: string): Promise<Admission> =>
      startOrJoin(CANCEL_SETTLED_ORDER, { workflowId: cancelWorkflowId(order.orderId), args: [order, policy, reason] }),

    /** The database stores a refund's id, so a refused run may be followed by another one. */
    refund: (request: RequestedRefund, policy: OrderPolicy): Promise<Admission> =>
      startOrJoin(REFUND_ORDER, { workflowId: refundWorkflowId(request.refundId), args: [request, policy] }),

    fulfil: (orderId: string, policy: OrderPolicy, actor: Actor): Promise<Admission> =>
      startOrJoin(FULFIL_ORDER, { workflowId: fulfilWorkflowId(orderId), args: [orderId, policy, actor] }),

    createFulfilment: (fulfilment: RequestedFulfilment, policy: OrderPolicy): Promise<Admission> => {
      const { orderId, fulfilmentId, actor } = fulfilment;
      const args = [orderId, policy, actor, fulfilment];
      return startOrJoin(FULFIL_ORDER, { workflowId: fulfilmentWorkflowId(fulfilmentId), args });
    },

    amend: (change: RequestedChange, policy: OrderPolicy): Promise<Admission> =>
      startOrJoin(AMEND_ORDER, {
        workflowId: amendWorkflowId(change.orderId, change.changeId),
        args: [change, policy],
      }),

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
      startAlone(PROCESS_ORDER, { ...checkoutRun(order), args: [order, policy, redrive] }),

    /** Sends a notice that was given up through again. */
    redriveNotice: (ref: NoticeRef, redrive: Redrive): Promise<Admission | 'running'> =>
      startAlone(SEND_NOTICE, { workflowId: noticeWorkflowId(ref), args: [ref, redrive] }),
  };

  /** Starts a run, or joins the one that is running, and waits for the decision of its first activity. */
  async function startOrJoin(type: string, run: AdmittedRun): Promise<Admission> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await admitted(type, run, 'USE_EXISTING');
      } catch (error) {
        const closedMeanwhile = isNotFound(error) || error instanceof WorkflowUpdateFailedError;
        if (!closedMeanwhile || tries === RACES) throw error;
      }
    }
  }

  /** Starts a run and waits for the decision of its first activity, unless another one is running. */
  async function startAlone(type: string, run: AdmittedRun): Promise<Admission | 'running'> {
    try {
      return await admitted(type, run, 'FAIL');
    } catch (error) {
      if (isAlreadyStarted(error)) return 'running';
      throw error;
    }
  }

  function admitted(type: string, run: AdmittedRun, workflowIdConflictPolicy: 'USE_EXISTING' | 'FAIL') {
    const options = { taskQueue: TASK_QUEUE, workflowIdReusePolicy: 'ALLOW_DUPLICATE', ...run } as const;
    const startWorkflowOperation = new WithStartWorkflowOperation(type, { ...options, workflowIdConflictPolicy });
    const update = () => client.workflow.executeUpdateWithStart(admission, { startWorkflowOperation });
    return answered(run.workflowId, update);
  }
}
