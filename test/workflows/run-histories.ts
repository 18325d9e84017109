import type { WorkflowHandle } from '@temporalio/client';
import type { TestWorkflowEnvironment } from '@temporalio/testing';

export type History = Awaited<ReturnType<WorkflowHandle['fetchHistory']>>;

/** The histories of a run and of those that continued it. */
export async function historiesOf(
  environment: TestWorkflowEnvironment,
  run: { workflowId: string; runId: string },
): Promise<History[]> {
  const history = await environment.client.workflow.getHandle(run.workflowId, run.runId).fetchHistory();
  const runId = history.events?.at(-1)?.workflowExecutionContinuedAsNewEventAttributes?.newExecutionRunId;
  if (typeof runId !== 'string') return [history];
  return [history, ...(await historiesOf(environment, { ...run, runId }))];
}

/** The seconds of all timers that runs have started. */
export function timersOf(runs: readonly History[]): number[] {
  return runs
    .flatMap(({ events }) => events ?? [])
    .flatMap(({ timerStartedEventAttributes: timer }) =>
      timer === null || timer === undefined ? [] : [Number(timer.startToFireTimeout?.seconds ?? 0)],
    );
}
