import { ScheduleAlreadyRunning, ScheduleOverlapPolicy, type Client } from '@temporalio/client';
import type { OrderPolicy } from '../domain/policy.js';
import { Unavailable } from '../domain/unavailable.js';
import { AUDIT_BOOKS, AUDIT_SCHEDULE_ID, TASK_QUEUE } from '../workflows/contract.js';
import { boundedBy, isNamespaceMissing, isNotFound } from './bounded-calls.js';
import type { TemporalNeed } from './temporal-need.js';

const INTERVAL_MS = 5 * 60_000;
const CALL_MS = 2_000;
const MISSING = ['audit schedule'];

/** Without this schedule, nothing takes over an order whose run no longer exists. */
export function auditSchedule(client: Client, policy: OrderPolicy, intervalMs?: number): TemporalNeed {
  const { namespace } = client.options;
  const bounded = boundedBy(client, CALL_MS);
  return {
    async missing() {
      try {
        await bounded(() => client.workflowService.describeSchedule({ namespace, scheduleId: AUDIT_SCHEDULE_ID }));
        return [];
      } catch (error) {
        const cause = error instanceof Unavailable ? error.cause : error;
        if (isNotFound(cause) || isNamespaceMissing(cause)) return MISSING;
        throw error;
      }
    },
    create: () => ensureAuditSchedule(client, policy, intervalMs),
  };
}

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
    // A missed audit is not made up for: the next one sees the same and more.
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
