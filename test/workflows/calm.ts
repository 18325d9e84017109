import { setTimeout as realTime } from 'node:timers/promises';
import type { WorkflowHandle } from '@temporalio/client';
import type { Watched } from './stall.js';

// Twice the time after which the server gives out a workflow task again.
const LONGEST_MS = 20_000;
// An activity that takes longer is one that the test holds back.
const HELD_MS = 300;

/**
 * Waits in real time until none of the workflows is in a task or about to be, unless the test holds it there. The time-skipping
 * server loses a workflow's task, or never skips again, when a signal comes or time is let go while a task begins or ends.
 */
export async function calm({ workflows, running }: Watched): Promise<void> {
  const began = Date.now();
  while (Date.now() - began < LONGEST_MS) {
    const states = await Promise.all(workflows.map(isBusy));
    if (!states.includes(true) || running.longestMs() > HELD_MS) return;
    await realTime(5);
  }
}

type HistoryEvent = NonNullable<Awaited<ReturnType<WorkflowHandle['fetchHistory']>>['events']>[number];

async function isBusy(handle: WorkflowHandle): Promise<boolean> {
  const { events } = await handle.fetchHistory();
  const open = { task: false, activities: 0 };
  for (const event of events ?? []) {
    if (event.workflowTaskScheduledEventAttributes) open.task = true;
    if (event.workflowTaskCompletedEventAttributes) open.task = false;
    if (event.activityTaskScheduledEventAttributes) open.activities += 1;
    if (event.activityTaskCompletedEventAttributes ?? event.activityTaskFailedEventAttributes) open.activities -= 1;
    if (event.activityTaskTimedOutEventAttributes ?? event.activityTaskCanceledEventAttributes) open.activities -= 1;
    if (isEnd(event)) return false;
  }
  return open.task || (open.activities > 0 && (await isTrying(handle)));
}

/** Not between two tries. The server calls an activity started then, too. */
async function isTrying(handle: WorkflowHandle): Promise<boolean> {
  const { raw } = await handle.describe();
  const pending = raw.pendingActivities ?? [];
  return pending.some(
    ({ lastStartedTime: from, lastAttemptCompleteTime: to }) => !from || !to || msOf(to) < msOf(from),
  );
}

type Time = NonNullable<NonNullable<HistoryEvent>['eventTime']>;
const msOf = ({ seconds, nanos }: Time) => Number(seconds ?? 0) * 1_000 + (nanos ?? 0) / 1e6;

const isEnd = (event: HistoryEvent) =>
  Boolean(
    event.workflowExecutionCompletedEventAttributes ??
    event.workflowExecutionFailedEventAttributes ??
    event.workflowExecutionTerminatedEventAttributes ??
    event.workflowExecutionCanceledEventAttributes ??
    event.workflowExecutionContinuedAsNewEventAttributes,
  );
