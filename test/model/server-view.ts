import { isGrpcServiceError, type WorkflowClientInterceptor } from '@temporalio/client';
import { requiredTsToMs, tsToMs } from '@temporalio/common/lib/time.js';
import type { NativeConnection } from '@temporalio/worker';

type WorkflowService = NativeConnection['workflowService'];
type Activity = Awaited<ReturnType<WorkflowService['describeWorkflowExecution']>>['pendingActivities'][number];

/** What the test server has under way. */
export interface ServerView {
  look(nowMs: number): Promise<{ nextTimerMs: number; runningActivities: number }>;
  lostTask(nowMs: number): Promise<LostWorkflowTask | undefined>;
  /** The open workflows and their activities, for the reader of a failure. */
  story(): Promise<string>;
}

/**
 * A fault of the test server (1.38.0), not of what it runs: a command that cancels a timer or an activity which came to
 * its end during the same workflow task makes it refuse the task's completion and forget the task. No timeout ends it,
 * its workflow does not continue, and time is locked indefinitely.
 */
export class LostWorkflowTask extends Error {}

const NAMESPACE = 'default';
// A sound server ends a task after ten seconds.
const TASK_TIMEOUT_MS = 11_000;
const TASK_STARTED = 6;
// Started, completed, timed out and failed.
const TASK_EVENTS = [TASK_STARTED, 7, 8, 9];
const NOT_FOUND = 5;
const WORKFLOW_RUNNING = 1;
const ACTIVITY_STARTED = 2;

/** Notes the ids of all workflows that a client starts. The server's own list breaks when one starts meanwhile. */
export function noteStarts(started: Set<string>): WorkflowClientInterceptor {
  const note = (workflowId: string | undefined) => void started.add(workflowId ?? '');
  return {
    startWithDetails(input, next) {
      note(input.options.workflowId);
      return next(input);
    },
    startUpdateWithStart(input, next) {
      note(input.workflowStartOptions.workflowId);
      return next(input);
    },
    signalWithStart(input, next) {
      note(input.options.workflowId);
      return next(input);
    },
  };
}

/** @param started the ids to look at; those that are over are taken out */
export function createServerView(workflowService: WorkflowService, started: Set<string>): ServerView {
  const openOnes = async () => {
    const all = await Promise.all(
      [...started].map(async (id) => {
        const of = { namespace: NAMESPACE, execution: { workflowId: id } };
        const described = await workflowService.describeWorkflowExecution(of).catch(unlessNotFound);
        if (Number(described?.workflowExecutionInfo?.status) !== WORKFLOW_RUNNING) {
          started.delete(id);
          return [];
        }
        const { history } = await workflowService.getWorkflowExecutionHistory(of);
        return [{ id, events: history?.events ?? [], activities: described?.pendingActivities ?? [] }];
      }),
    );
    return all.flat();
  };

  return {
    async look(nowMs) {
      const open = await openOnes();
      const due = open.flatMap(({ events }) => {
        const timers = new Map<string, number>();
        for (const { eventTime, ...event } of events) {
          const { timerId, startToFireTimeout } = event.timerStartedEventAttributes ?? {};
          const atMs = timerId && requiredTsToMs(eventTime, 'time') + requiredTsToMs(startToFireTimeout, 'timeout');
          if (timerId && atMs) timers.set(timerId, atMs);
          timers.delete((event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes)?.timerId ?? '');
        }
        return [...timers.values()];
      });
      const runningActivities = open.flatMap(({ activities }) => activities.filter(isRunning)).length;
      return { nextTimerMs: Math.min(...due) - nowMs, runningActivities };
    },

    async lostTask(nowMs) {
      const lost = (await openOnes()).find(({ events }) => {
        const last = events.findLast(({ eventType }) => TASK_EVENTS.includes(eventType ?? 0));
        return last?.eventType === TASK_STARTED && nowMs - requiredTsToMs(last.eventTime, 'time') > TASK_TIMEOUT_MS;
      });
      if (lost === undefined) return undefined;
      const story = lost.events.slice(-8).map(({ eventType }) => eventType);
      return new LostWorkflowTask(`the server lost a task of ${lost.id}, whose last events are ${story.join(' ')}`);
    },

    async story() {
      const open = await openOnes();
      return open.map(({ id, activities }) => `${id} (${JSON.stringify(activities)})`).join(', ');
    },
  };
}

function unlessNotFound(error: unknown): undefined {
  const code: number | undefined = isGrpcServiceError(error) ? error.code : undefined;
  if (code !== NOT_FOUND) throw error;
}

/** One that waits for its next try is said to be started too. */
function isRunning({ state, lastStartedTime, lastAttemptCompleteTime }: Activity): boolean {
  const [started, ended] = [lastStartedTime, lastAttemptCompleteTime].map((time) => (time ? tsToMs(time) : 0));
  return Number(state) === ACTIVITY_STARTED && (started ?? 0) > (ended ?? 0);
}
