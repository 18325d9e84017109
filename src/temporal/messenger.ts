import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError, type Client } from '@temporalio/client';
import type { OrderMessenger } from '../activities/gateway-events.js';
import type { AcceptedOrder } from '../domain/order.js';
import type { News } from '../domain/news.js';
import { isSignalLimit } from '../domain/signal-limit.js';

export interface MessengerSettings {
  client: Client;
  taskQueue: string;
  /** The name of the signal that carries news. */
  signal: string;
  /** The workflows of an order that may be waiting for news, the likeliest first. */
  workflowIdsOf(orderId: string, refundId?: string): string[];
  recovery: { workflowType: string; workflowIdOf(orderId: string): string; policy: unknown };
  findOrder(orderId: string): Promise<AcceptedOrder | undefined>;
}

/** Reaches the workflows of an order through Temporal. */
export function createMessenger(settings: MessengerSettings): OrderMessenger {
  const { client, taskQueue, signal, recovery } = settings;

  return {
    async tell(orderId: string, news: News, refundId?: string): Promise<boolean> {
      for (const workflowId of settings.workflowIdsOf(orderId, refundId)) {
        try {
          await client.workflow.getHandle(workflowId).signal(signal, news);
          return true;
        } catch (error) {
          if (isSignalLimit(error)) {
            await recover(orderId, 'TERMINATE_EXISTING');
            return true;
          }
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }
      return false;
    },

    recover: (orderId) => recover(orderId, 'FAIL'),
  };

  /** Starts the order's recovery, in place of one that takes no more signals when asked to. */
  async function recover(orderId: string, workflowIdConflictPolicy: 'FAIL' | 'TERMINATE_EXISTING'): Promise<void> {
    const order = await settings.findOrder(orderId);
    if (order === undefined) throw new Error(`there is no order ${orderId} to recover`);
    try {
      await client.workflow.start(recovery.workflowType, {
        workflowId: recovery.workflowIdOf(orderId),
        taskQueue,
        args: [order, recovery.policy],
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy,
      });
    } catch (error) {
      // One recovery at a time is enough.
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  }
}
