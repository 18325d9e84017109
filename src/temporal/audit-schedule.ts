import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { OrderPolicy } from '../domain/policy.js';
import { AUDIT_BOOKS, AUDIT_SCHEDULE_ID, TASK_QUEUE } from '../workflows/contract.js';

const INTERVAL_MS = 5 * 60_000;

/**
 * Makes Temporal run the audit every `intervalMs`: creates the schedule, or gives an existing one today's policy. A
 * schedule that an operator paused stays paused.
 */
export async function ensureAuditSchedule(
  client: Client,
  policy: OrderPolicy,
  intervalMs: number = INTERVAL_MS,
): Promise<void> {
  const schedule = {
    spec: { intervals: [{ every: intervalMs }] },
    action: {
      type: 'startWorkflow' as const,
      workflowType: AUDIT_BOOKS,
      workflowId: AUDIT_SCHEDULE_ID,
      taskQueue: TASK_QUEUE,
      args: [policy],
    },
    // An audit that was missed is not made up for: the next one sees the same and more.
    policies: { overlap: ScheduleOverlapPolicy.SKIP, catchupWindow: '1 minute' as const },
  };
  try {
    await client.schedule.create({ scheduleId: AUDIT_SCHEDULE_ID, ...schedule });
  } catch (error) {
    if (!(error instanceof ScheduleAlreadyRunning)) throw error;
    const handle = client.schedule.getHandle(AUDIT_SCHEDULE_ID);
    await handle.update(({ state: { paused, note } }) => ({
      ...schedule,
      state: { paused, ...(note === undefined ? {} : { note }) },
    }));
  }
}
