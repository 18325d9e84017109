import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { TASK_QUEUE } from '../workflows/contract.js';
import type { Bounded } from './bounded-calls.js';

export type WorkflowRun = Pick<WorkflowStartOptions, 'workflowId' | 'args' | 'startDelay' | 'workflowIdReusePolicy'>;

/** Starts workflows unless one of their id is running, in which case nothing happens. */
export type StartUnlessRunning = (type: string, run: WorkflowRun) => Promise<void>;

export function startUnlessRunningWith(client: Client, bounded: Bounded): StartUnlessRunning {
  return async (type, run) => {
    await bounded(() =>
      client.workflow.start(type, {
        taskQueue: TASK_QUEUE,
        // A run that was terminated may be followed by another one: the row says whether there is anything left to do.
        workflowIdReusePolicy: 'ALLOW_DUPLICATE',
        workflowIdConflictPolicy: 'USE_EXISTING',
        ...run,
      }),
    );
  };
}
