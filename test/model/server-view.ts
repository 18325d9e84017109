import type { NativeConnection } from '@temporalio/worker';
import { requiredTsToMs, tsToMs } from '@temporalio/common/lib/time.js';

type WorkflowService = NativeConnection['workflowService'];
type Activity = Awaited<ReturnType<WorkflowService['describeWorkflowExecution']>>['pendingActivities'][number];

/** What the test server has under way. */
export interface ServerView {
  look(nowMs: number): Promise<{ nextTimerMs: number; runningActivities: number }>;
  lostTask(nowMs: number): Promise<LostWorkflowTask | undefined>;
  /** The open workflows and their activities, for whoever reads a failure. */
  story(): Promise<string>;
}

/**
 * A fault of the test server (1.38.0), not of what it runs: a command that cancels a timer or an activity which came to
 * its end during the same workflow task makes it refuse the task's completion and forget the task. No timeout ends it,
 * its workflow goes on no more, and time is locked for ever.
 */
export class LostWorkflowTask extends Error {}

const NAMESPACE = 'default';
// A sound server ends a task after ten seconds.
const TASK_TIMEOUT_MS = 11_000;
const TASK_STARTED = 6;
// Started, completed, timed out and failed.
const TASK_EVENTS = [TASK_STARTED, 7, 8, 9];
const ACTIVITY_STARTED = 2;

/** One that waits for its next try is said to be started too. */
function isRunning({ state, lastStartedTime, lastAttemptCompleteTime }: Activity): boolean {
  const [started, ended] = [lastStartedTime, lastAttemptCompleteTime].map((time) => (time ? tsToMs(time) : 0));
  return Number(state) === ACTIVITY_STARTED && (started ?? 0) > (ended ?? 0);
}

export function createServerView(workflowService: WorkflowService): ServerView {
  const openOnes = async () => {
    const { executions } = await workflowService.listOpenWorkflowExecutions({ namespace: NAMESPACE });
    return Promise.all(
      executions.map(async ({ execution }) => {
        const of = { namespace: NAMESPACE, execution: execution ?? null };
        const [{ history }, { pendingActivities }] = await Promise.all([
          workflowService.getWorkflowExecutionHistory(of),
          workflowService.describeWorkflowExecution(of),
        ]);
        return { id: execution?.workflowId ?? '', events: history?.events ?? [], activities: pendingActivities };
      }),
    );
  };

  return {
    async look(nowMs) {
      let nextTimerMs = Infinity;
      let runningActivities = 0;
      for (const { events, activities } of await openOnes()) {
        runningActivities += activities.filter(isRunning).length;
        const timers = new Map<string, number>();
        for (const { eventTime, ...event } of events) {
          const { timerId, startToFireTimeout } = event.timerStartedEventAttributes ?? {};
          if (timerId)
            timers.set(timerId, requiredTsToMs(eventTime, 'time') + requiredTsToMs(startToFireTimeout, 'timeout'));
          timers.delete((event.timerFiredEventAttributes ?? event.timerCanceledEventAttributes)?.timerId ?? '');
        }
        nextTimerMs = Math.min(nextTimerMs, ...[...timers.values()].map((due) => due - nowMs));
      }
      return { nextTimerMs, runningActivities };
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
