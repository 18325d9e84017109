import type { Client } from '@temporalio/client';
import { DELIVER_EVENT, deliveryWorkflowId, type DeliveryRun } from '../workflows/contract.js';
import { boundedBy, isNotFound } from './bounded-calls.js';
import { startsOf } from './start-workflow.js';

export interface DeliveryStarterOptions {
  client: Client;
  deadlineMs: number;
  delaysMs: readonly number[];
}

export type DeliveryStarter = (
  delivery: Omit<DeliveryRun, 'deliveryId' | 'delaysMs'> & { id: string },
) => Promise<void>;

/**
 * Starts the workflow of a round of a delivery, unless it is running. The workflow of the previous round may be waiting
 * for its next try, up to a day: it is cancelled, since the row now belongs to this round.
 */
export function createDeliveryStarter({ client, deadlineMs, delaysMs }: DeliveryStarterOptions): DeliveryStarter {
  const bounded = boundedBy(client, deadlineMs);
  const { startUnlessRunning } = startsOf(client, bounded);

  return async ({ id: deliveryId, round, tries, waitMs }) => {
    const run: DeliveryRun = { deliveryId, round, tries, waitMs, delaysMs: [...delaysMs] };
    if (round > 0) await cancel(deliveryWorkflowId(deliveryId, round - 1));
    await startUnlessRunning(DELIVER_EVENT, { workflowId: deliveryWorkflowId(deliveryId, round), args: [run] });
  };

  async function cancel(workflowId: string): Promise<void> {
    try {
      await bounded(() => client.workflow.getHandle(workflowId).cancel());
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
  }
}
