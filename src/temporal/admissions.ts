import { WithStartWorkflowOperation, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import type { Actor } from '../domain/actor.js';
import type { NoticeRef } from '../domain/notice.js';
import type { AcceptedOrder } from '../domain/order.js';
import type { Admission, ReviewOutcome } from '../domain/outcomes.js';
import type { OrderPolicy } from '../domain/policy.js';
import type { RequestedRefund } from '../domain/requested-refund.js';
import {
  admission,
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

/** What is asked of a workflow and answered by it: whether it may do what it was started for. */
export function admissionsOf({ client, bounded, probeDatabase }: AdmissionOptions) {
  const answered = updatesOf({ client, bounded, probeDatabase });

  return {
    /** Cancels an order whose checkout is over. */
    cancelSettled: (order: AcceptedOrder, policy: OrderPolicy, reason: string): Promise<Admission> =>
      admitted(CANCEL_SETTLED_ORDER, cancelWorkflowId(order.orderId), [order, policy, reason]),

    /** The database keeps a refund's id, so a run that was refused may be followed by another one. */
    refund: (request: RequestedRefund, policy: OrderPolicy): Promise<Admission> =>
      admitted(REFUND_ORDER, refundWorkflowId(request.refundId), [request, policy]),

    fulfil: (orderId: string, policy: OrderPolicy, actor: Actor): Promise<Admission> =>
      admitted(FULFIL_ORDER, fulfilWorkflowId(orderId), [orderId, policy, actor]),

    /** @returns undefined when no workflow of the order takes decisions now */
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
      admittedAlone(PROCESS_ORDER, { ...checkoutRun(order), args: [order, policy, redrive] }),

    /** Sends a notice that was given up through again. */
    redriveNotice: (ref: NoticeRef, redrive: Redrive): Promise<Admission | 'running'> =>
      admittedAlone(SEND_NOTICE, {
        workflowId: noticeWorkflowId(ref),
        taskQueue: TASK_QUEUE,
        args: [ref, redrive],
      }),
  };

  /** Starts a workflow, or joins the one that runs, and waits for its first activity's decision. */
  async function admitted(type: string, workflowId: string, args: unknown[]): Promise<Admission> {
    for (let tries = 1; ; tries += 1) {
      const startWorkflowOperation = new WithStartWorkflowOperation(type, {
        workflowId,
        taskQueue: TASK_QUEUE,
        args,
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
      });
      try {
        const update = () => client.workflow.executeUpdateWithStart(admission, { startWorkflowOperation });
        return await answered(workflowId, update);
      } catch (error) {
        const closedMeanwhile = isNotFound(error) || error instanceof WorkflowUpdateFailedError;
        if (!closedMeanwhile || tries === RACES) throw error;
      }
    }
  }

  /** Starts a workflow unless one of its id runs, and waits for its first activity's decision. */
  async function admittedAlone(
    type: string,
    run: { workflowId: string; taskQueue: string; args: unknown[] },
  ): Promise<Admission | 'running'> {
    const startWorkflowOperation = new WithStartWorkflowOperation(type, {
      ...run,
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    });
    try {
      const update = () => client.workflow.executeUpdateWithStart(admission, { startWorkflowOperation });
      return await answered(run.workflowId, update);
    } catch (error) {
      if (isAlreadyStarted(error)) return 'running';
      throw error;
    }
  }
}
