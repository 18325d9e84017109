import { defaultPayloadConverter, type Client } from '@temporalio/client';
import type { AcceptedOrder } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import { orderWorkflowId, PROCESS_ORDER, TASK_QUEUE } from '../workflows/contract.js';
import { checkoutRun } from './checkout-run.js';
import { workflowPages } from './workflow-pages.js';
import { boundedBy, isAlreadyStarted, isNotFound } from './bounded-calls.js';

export interface OrderWorkflowsOptions {
  client: Client;
  /**
   * True when a worker of the same process shares the client's connection: the first task is then returned with the
   * start.
   */
  eagerStart: boolean;
  /** How long Temporal may take to answer one call. */
  deadlineMs: number;
  /** Where Temporal's Web UI is, for links to it. */
  webUi?: string | undefined;
}

export type OrderWorkflows = ReturnType<typeof createOrderWorkflows>;

/** The checkout workflows of orders. Every method throws `Unavailable` when Temporal is unavailable or too slow. */
export function createOrderWorkflows({ client, eagerStart, deadlineMs, webUi }: OrderWorkflowsOptions) {
  const bounded = boundedBy(client, deadlineMs);

  return {
    pagesOf: workflowPages(webUi, client.options.namespace),

    /** Starts the order's workflow: the commit point of a checkout. */
    async start(order: AcceptedOrder, policy: OrderPolicy): Promise<'started' | 'exists'> {
      try {
        await bounded(() =>
          client.workflow.start(PROCESS_ORDER, {
            ...checkoutRun(order),
            taskQueue: TASK_QUEUE,
            args: [order, policy],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            workflowIdConflictPolicy: 'FAIL',
            requestEagerStart: eagerStart,
          }),
        );
        return 'started';
      } catch (error) {
        if (isAlreadyStarted(error)) return 'exists';
        throw error;
      }
    },

    /** The order that its workflow was started with, read from the start event. */
    async find(orderId: string): Promise<AcceptedOrder | undefined> {
      const execution = { workflowId: orderWorkflowId(orderId) };
      const request = { namespace: client.options.namespace, execution, maximumPageSize: 1 };
      try {
        const { history } = await bounded(() => client.workflowService.getWorkflowExecutionHistory(request));
        const payload = history?.events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
        return payload ? defaultPayloadConverter.fromPayload<AcceptedOrder>(payload) : undefined;
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    },
  };
}
