import type { Client, WorkflowStartOptions } from '@temporalio/client';
import { isSignalLimit } from '../domain/signal-limit.js';
import { TASK_QUEUE, type cancelOrder, type CancelRequest, type news } from '../workflows/contract.js';
import type { MoneyUpdate } from '../domain/money-update.js';
import { isAlreadyStarted, RACES, type Bounded } from './bounded-calls.js';

export type WorkflowRun = Pick<WorkflowStartOptions, 'workflowId' | 'args' | 'startDelay' | 'workflowIdReusePolicy'>;

/**
 * A run that was terminated may be followed by another one: the order's row says whether there is anything left to do.
 */
const AGAIN = { taskQueue: TASK_QUEUE, workflowIdReusePolicy: 'ALLOW_DUPLICATE' } as const;

/**
 * Starts workflows that may be running already. `start-checkout.ts` starts one only once, and `admissions.ts` starts those
 * that answer.
 */
export function startsOf(client: Client, bounded: Bounded) {
  return {
    /** Does nothing if a run of this id is running. */
    async startUnlessRunning(type: string, run: WorkflowRun): Promise<void> {
      await bounded(() => client.workflow.start(type, { ...AGAIN, workflowIdConflictPolicy: 'USE_EXISTING', ...run }));
    },

    /** Signals the run of this id, or a new one. A run that takes no more signals is replaced. */
    async startOrSignal(
      type: string,
      run: { workflowId: string; args: unknown[] },
      signal: typeof cancelOrder | typeof news,
      message: CancelRequest | MoneyUpdate,
    ): Promise<void> {
      let conflict: 'USE_EXISTING' | 'TERMINATE_EXISTING' = 'USE_EXISTING';
      for (let tries = 1; ; tries += 1) {
        const options = { ...AGAIN, ...run, signal, signalArgs: [message], workflowIdConflictPolicy: conflict };
        try {
          await bounded(() => client.workflow.signalWithStart(type, options));
          return;
        } catch (error) {
          const isFull = isSignalLimit(error);
          if (!(isFull || isAlreadyStarted(error)) || tries === RACES) throw error;
          // Everything that the full run knew is in the database.
          if (isFull) conflict = 'TERMINATE_EXISTING';
        }
      }
    },
  };
}
