import { WithStartWorkflowOperation, WorkflowUpdateFailedError, type Client } from '@temporalio/client';
import type { Actor } from '../domain/actor.js';
import type { News } from '../domain/news.js';
import type { NoticeRef } from '../domain/notice.js';
import type { AcceptedOrder } from '../domain/order.js';
import type { Admission, ReviewOutcome } from '../domain/outcomes.js';
import { isSignalLimit } from '../domain/signal-limit.js';
import type { OrderPolicy } from '../domain/policy.js';
import {
  admission,
  CANCEL_SETTLED_ORDER,
  cancelOrder,
  cancelWorkflowId,
  FULFIL_ORDER,
  fulfilWorkflowId,
  gatewayEventWorkflowId,
  news,
  noticeWorkflowId,
  orderWorkflowId,
  PROCESS_GATEWAY_EVENT,
  PROCESS_ORDER,
  RECOVER_ORDER,
  recoverWorkflowId,
  REFUND_ORDER,
  refundWorkflowId,
  reviewOrder,
  SEND_NOTICE,
  TASK_QUEUE,
  type CancelRequest,
  type GatewayEventRef,
  type RefundRequest,
  type ReviewRequest,
} from '../workflows/contract.js';
import { checkoutRun } from './checkout-run.js';
import { boundedBy, isAlreadyStarted, isNotFound } from './bounded-calls.js';
import { updatesOf } from './update-answers.js';

export interface OrderRequestsOptions {
  client: Client;
  /** How long Temporal and a worker may take to answer one request. */
  deadlineMs: number;
  /** Says in a word what keeps the database from taking writes; rejects when it does not answer. */
  probeDatabase?: () => Promise<string | void>;
}

export interface Redrive {
  deadLetterId: string;
  actor: Actor;
}

export type OrderRequests = ReturnType<typeof createOrderRequests>;

// Most messages tell what the answer to our own call tells too: that one is given the time to be recorded.
const EVENT_DELAY_MS = 3_000;

// A workflow may close, or be started by another request, in the moment it is asked; the next one is asked then.
const MOMENTS = 3;

/**
 * All requests about orders after their checkout, as messages to workflows: nothing here changes an order itself.
 * Every method throws `Unavailable` when Temporal, its workers or their database are too slow; sending the same again is safe.
 */
export function createOrderRequests({ client, deadlineMs, probeDatabase }: OrderRequestsOptions) {
  const bounded = boundedBy(client, deadlineMs);
  const answered = updatesOf({ client, bounded, probeDatabase });

  return {
    /** Asks the running checkout to end as cancelled. @returns whether one is running */
    cancel: (orderId: string, reason: string): Promise<boolean> =>
      whetherRunning(() => client.workflow.getHandle(orderWorkflowId(orderId)).signal(cancelOrder, { reason })),

    /** Cancels an order that has no answer and no checkout: by its recovery, the one that runs or a new one. */
    cancelInterrupted: (order: AcceptedOrder, policy: OrderPolicy, reason: string): Promise<void> =>
      startedAndTold(RECOVER_ORDER, recoverWorkflowId(order.orderId), [order, policy], cancelOrder, { reason }),

    /** Cancels an order whose checkout is over. */
    cancelSettled: (order: AcceptedOrder, policy: OrderPolicy, reason: string): Promise<Admission> =>
      admitted(CANCEL_SETTLED_ORDER, cancelWorkflowId(order.orderId), [order, policy, reason]),

    /** The database never forgets a refund's id, so a run that was refused may be followed by another one. */
    refund: (request: RefundRequest, policy: OrderPolicy): Promise<Admission> =>
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

    /** Tries a notice for as long as it takes, or three days, after a pause, unless that is going on already. */
    async startNotice(ref: NoticeRef, pauseMs: number): Promise<void> {
      try {
        await bounded(() =>
          client.workflow.start(SEND_NOTICE, {
            workflowId: noticeWorkflowId(ref),
            taskQueue: TASK_QUEUE,
            args: [ref],
            startDelay: pauseMs,
            // One whose workflow was ended from outside may be started again: the row says whether it is settled.
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            workflowIdConflictPolicy: 'FAIL',
          }),
        );
      } catch (error) {
        if (!isAlreadyStarted(error)) throw error;
      }
    },

    /** Sends a notice that was given up through again. */
    redriveNotice: (ref: NoticeRef, redrive: Redrive): Promise<Admission | 'running'> =>
      admittedAlone(SEND_NOTICE, {
        workflowId: noticeWorkflowId(ref),
        taskQueue: TASK_QUEUE,
        args: [ref, redrive],
      }),

    /** Signals the workflow that works on this order now, or all that do if they should look. @returns whether there is one */
    async tell(orderId: string, item: News): Promise<boolean> {
      let isTold = false;
      for (const workflowId of [orderWorkflowId(orderId), cancelWorkflowId(orderId), recoverWorkflowId(orderId)]) {
        isTold = (await whetherRunning(() => client.workflow.getHandle(workflowId).signal(news, item))) || isTold;
        if (isTold && item.kind !== 'look') return true;
      }
      return isTold;
    },

    /** Starts the run that reads the truth of an order whose own run no longer exists, or signals the one that is running. */
    recover: (order: AcceptedOrder, policy: OrderPolicy, item: News): Promise<void> =>
      startedAndTold(RECOVER_ORDER, recoverWorkflowId(order.orderId), [order, policy], news, item),

    /** Signals the workflow of a requested refund, and starts it again if it is over. */
    tellRefund: (request: RefundRequest, policy: OrderPolicy, item: News): Promise<void> =>
      startedAndTold(REFUND_ORDER, refundWorkflowId(request.refundId), [request, policy], news, item),

    /** Starts the work on a stored message of a gateway, until it is done once. */
    async startEvent(event: GatewayEventRef, policy: OrderPolicy): Promise<void> {
      try {
        await bounded(() =>
          client.workflow.start(PROCESS_GATEWAY_EVENT, {
            workflowId: gatewayEventWorkflowId(event.gateway, event.eventId),
            taskQueue: TASK_QUEUE,
            args: [event, policy],
            startDelay: EVENT_DELAY_MS,
            workflowIdReusePolicy: 'ALLOW_DUPLICATE_FAILED_ONLY',
            workflowIdConflictPolicy: 'FAIL',
          }),
        );
      } catch (error) {
        if (!isAlreadyStarted(error)) throw error;
      }
    },
  };

  async function whetherRunning(send: () => Promise<void>): Promise<boolean> {
    try {
      await bounded(send);
      return true;
    } catch (error) {
      // One that takes no more signals is replaced by a recovery, as if it were gone.
      if (isNotFound(error) || isSignalLimit(error)) return false;
      throw error;
    }
  }

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
        if (!closedMeanwhile || tries === MOMENTS) throw error;
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

  async function startedAndTold(
    type: string,
    workflowId: string,
    args: unknown[],
    signal: typeof news | typeof cancelOrder,
    message: News | CancelRequest,
  ): Promise<void> {
    const run = { conflict: 'USE_EXISTING' as 'USE_EXISTING' | 'TERMINATE_EXISTING' };
    for (let tries = 1; ; tries += 1) {
      try {
        await bounded(() =>
          client.workflow.signalWithStart(type, {
            workflowId,
            taskQueue: TASK_QUEUE,
            args,
            signal,
            signalArgs: [message],
            workflowIdReusePolicy: 'ALLOW_DUPLICATE',
            workflowIdConflictPolicy: run.conflict,
          }),
        );
        return;
      } catch (error) {
        const isFull = isSignalLimit(error);
        if (!(isFull || isAlreadyStarted(error)) || tries === MOMENTS) throw error;
        // What the full one knew is in the database.
        if (isFull) run.conflict = 'TERMINATE_EXISTING';
      }
    }
  }
}
