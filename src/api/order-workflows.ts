import {
  defaultPayloadConverter,
  isGrpcServiceError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowNotFoundError,
  type Client,
} from '@temporalio/client';
import { formatMoney } from '../domain/money.js';
import type { AcceptedOrder } from '../domain/order.js';
import type { OrderPolicy } from '../domain/policy.js';
import { Unavailable } from '../domain/unavailable.js';
import { orderWorkflowId, PROCESS_ORDER, TASK_QUEUE, type OrderMemo } from '../workflows/contract.js';

export interface OrderWorkflowsOptions {
  client: Client;
  /** True when a worker of the same process shares the client's connection: the first task then comes back at once. */
  eagerStart: boolean;
  /** How long Temporal may take to answer one call. */
  deadlineMs: number;
}

export type OrderWorkflows = ReturnType<typeof createOrderWorkflows>;

/** The orders as Temporal knows them. Every method throws {@link Unavailable} when Temporal is away or too slow. */
export function createOrderWorkflows({ client, eagerStart, deadlineMs }: OrderWorkflowsOptions) {
  const bounded = <T>(call: () => Promise<T>, ms = deadlineMs) =>
    orUnavailable(within(ms, client.withDeadline(Date.now() + ms, call)));

  return {
    /** Starts the order's workflow: the commit point of a checkout. */
    async start(order: AcceptedOrder, policy: OrderPolicy): Promise<'started' | 'exists'> {
      const memo: OrderMemo = { fingerprint: order.fingerprint, request_id: order.requestId };
      const items = order.lines.reduce((sum, line) => sum + line.quantity, 0);
      try {
        await bounded(() =>
          client.workflow.start(PROCESS_ORDER, {
            workflowId: orderWorkflowId(order.orderId),
            taskQueue: TASK_QUEUE,
            args: [order, policy],
            workflowIdReusePolicy: 'REJECT_DUPLICATE',
            workflowIdConflictPolicy: 'FAIL',
            requestEagerStart: eagerStart,
            memo: { ...memo },
            staticSummary: `${formatMoney(order.totalMinor, order.currency)}, ${items} item${items === 1 ? '' : 's'}`,
          }),
        );
        return 'started';
      } catch (error) {
        if (error instanceof WorkflowExecutionAlreadyStartedError) return 'exists';
        throw error;
      }
    },

    /** The order as its workflow was started with, read from the start event. */
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

    /** Waits for the order's workflow to close, `ms` at most. */
    async closed(orderId: string, ms: number): Promise<void> {
      const handle = client.workflow.getHandle(orderWorkflowId(orderId));
      try {
        await bounded(() => handle.result(), ms);
      } catch {
        // Not closed in time, or closed by a failure: the order itself tells how it stands.
      }
    },

    /** Resolves when Temporal answers. */
    async ping(): Promise<void> {
      await bounded(() => client.workflowService.getSystemInfo({}));
    },
  };
}

const NOT_FOUND = 5;
// gRPC codes of a server that is away, overloaded or late: cancelled, deadline, exhausted, aborted, unavailable.
const AWAY = [1, 4, 8, 10, 14];

/** A native connection's own retries outlive the deadline of a call. */
async function within<T>(ms: number, call: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Unavailable('temporal', new Error(`no answer within ${ms} ms`))), ms);
  });
  // The call goes on after a time-out; what it ends with is nobody's concern then.
  call.catch(() => {});
  return Promise.race([call, late]).finally(() => clearTimeout(timer));
}

async function orUnavailable<T>(call: Promise<T>): Promise<T> {
  try {
    return await call;
  } catch (error) {
    throw AWAY.includes(grpcCode(error) ?? -1) ? new Unavailable('temporal', error) : error;
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof WorkflowNotFoundError || grpcCode(error) === NOT_FOUND;
}

/** The client wraps some gRPC errors and passes others on. */
function grpcCode(error: unknown): number | undefined {
  if (isGrpcServiceError(error)) return error.code;
  return error instanceof ServiceError && isGrpcServiceError(error.cause) ? error.cause.code : undefined;
}
