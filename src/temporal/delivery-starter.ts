import type { Client } from '@temporalio/client';
import { WorkflowExecutionAlreadyStartedError, WorkflowNotFoundError } from '@temporalio/client';
import { DELIVER_EVENT, deliveryWorkflowId, TASK_QUEUE, type DeliveryRun } from '../workflows/contract.js';

export interface DeliveryStarterOptions {
  client: Client;
  deadlineMs: number;
  delaysMs: readonly number[];
}

export type DeliveryStarter = (
  delivery: Omit<DeliveryRun, 'deliveryId' | 'delaysMs'> & { id: string },
) => Promise<void>;

/**
 * Starts the workflow of a round of a delivery, unless it is running. The workflow of the round before may be waiting
 * for its next try, up to a day: it is cancelled, since the row is no longer its own.
 */
export function createDeliveryStarter({ client, deadlineMs, delaysMs }: DeliveryStarterOptions): DeliveryStarter {
  return async ({ id: deliveryId, round, tries, waitMs }) => {
    const run: DeliveryRun = { deliveryId, round, tries, waitMs, delaysMs: [...delaysMs] };
    if (round > 0) await cancelled(deliveryWorkflowId(deliveryId, round - 1));
    try {
      await client.withDeadline(Date.now() + deadlineMs, () =>
        client.workflow.start(DELIVER_EVENT, {
          workflowId: deliveryWorkflowId(deliveryId, round),
          taskQueue: TASK_QUEUE,
          args: [run],
          // A round whose workflow was ended from outside may be started again: the row says whether it is over.
          workflowIdReusePolicy: 'ALLOW_DUPLICATE',
          workflowIdConflictPolicy: 'FAIL',
        }),
      );
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
    }
  };

  async function cancelled(workflowId: string): Promise<void> {
    try {
      await client.withDeadline(Date.now() + deadlineMs, () => client.workflow.getHandle(workflowId).cancel());
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  }
}
