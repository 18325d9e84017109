import type { Client } from '@temporalio/client';
import { PROCESS_ORDER } from '../workflows/contract.js';
import { boundedBy } from './bounded-calls.js';

const QUERY = `WorkflowType = '${PROCESS_ORDER}' AND ExecutionStatus = 'Running'`;

/** Counts the running checkout workflows of all processes, according to Temporal's visibility index. */
export function createOpenOrderCount({ client, deadlineMs }: { client: Client; deadlineMs: number }) {
  const bounded = boundedBy(client, deadlineMs);
  return async (): Promise<number> => (await bounded(() => client.workflow.count(QUERY))).count;
}
