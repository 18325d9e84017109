import {
  WithStartWorkflowOperation,
  WorkflowUpdateFailedError,
  type Client,
  type WorkflowStartOptions,
} from '@temporalio/client';
import type { Admission } from '../domain/outcomes.js';
import { isSignalLimit } from '../domain/signal-limit.js';
import { admission, TASK_QUEUE, type cancelOrder, type CancelRequest, type news } from '../workflows/contract.js';
import type { MoneyUpdate } from '../domain/money-update.js';
import { isAlreadyStarted, isNotFound, RACES, type Bounded } from './bounded-calls.js';

export type WorkflowRun = Pick<
  WorkflowStartOptions,
  'workflowId' | 'args' | 'startDelay' | 'workflowIdReusePolicy' | 'memo' | 'staticSummary' | 'requestEagerStart'
>;

/** Runs an update and waits for its answer. */
type Answered = <T>(workflowId: string, update: () => Promise<T>) => Promise<T>;

/**
 * A run that was terminated may be followed by another one: the order's row says whether there is anything left to do.
 */
const AGAIN = { taskQueue: TASK_QUEUE, workflowIdReusePolicy: 'ALLOW_DUPLICATE' } as const;

/** Every way to start a workflow. They differ in what happens if its id is in use. */
export function startsOf(client: Client, bounded: Bounded) {
  return {
    /** Starts the first run of this id. @returns false if there is or was one */
    async startOnce(type: string, run: WorkflowRun): Promise<boolean> {
      const rules = { workflowIdReusePolicy: 'REJECT_DUPLICATE', workflowIdConflictPolicy: 'FAIL' } as const;
      try {
        await bounded(() => client.workflow.start(type, { ...run, ...rules, taskQueue: TASK_QUEUE }));
        return true;
      } catch (error) {
        if (isAlreadyStarted(error)) return false;
        throw error;
      }
    },

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

    /** Starts a run, or joins the one that is running, and waits for the decision of its first activity. */
    async startOrJoin(type: string, run: WorkflowRun, answered: Answered): Promise<Admission> {
      for (let tries = 1; ; tries += 1) {
        try {
          return await admitted(type, run, 'USE_EXISTING', answered);
        } catch (error) {
          const closedMeanwhile = isNotFound(error) || error instanceof WorkflowUpdateFailedError;
          if (!closedMeanwhile || tries === RACES) throw error;
        }
      }
    },

    /** Starts a run and waits for the decision of its first activity, unless another one is running. */
    async startAlone(type: string, run: WorkflowRun, answered: Answered): Promise<Admission | 'running'> {
      try {
        return await admitted(type, run, 'FAIL', answered);
      } catch (error) {
        if (isAlreadyStarted(error)) return 'running';
        throw error;
      }
    },
  };

  async function admitted(
    type: string,
    run: WorkflowRun,
    workflowIdConflictPolicy: 'USE_EXISTING' | 'FAIL',
    answered: Answered,
  ): Promise<Admission> {
    const startWorkflowOperation = new WithStartWorkflowOperation(type, { ...AGAIN, ...run, workflowIdConflictPolicy });
    return answered(run.workflowId, () =>
      client.workflow.executeUpdateWithStart(admission, { startWorkflowOperation }),
    );
  }
}
