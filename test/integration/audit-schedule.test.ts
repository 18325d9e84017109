import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { ensureAuditSchedule } from '../../src/temporal/audit-schedule.js';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import { AUDIT_BOOKS, AUDIT_SCHEDULE_ID, TASK_QUEUE } from '../../src/workflows/contract.js';
import { eventually } from '../support/end-state.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());

const described = () => stack.client.schedule.getHandle(AUDIT_SCHEDULE_ID).describe();

test('two starters make one schedule, every five minutes, one audit at a time', async () => {
  await Promise.all([1, 2].map(() => ensureAuditSchedule(stack.client, DEFAULT_POLICY)));

  const { spec, action, policies } = await described();
  expect(spec.intervals).toEqual([expect.objectContaining({ every: 300_000 })]);
  expect(action).toMatchObject({ workflowType: AUDIT_BOOKS, workflowId: 'audit-books', taskQueue: TASK_QUEUE });
  expect(policies).toMatchObject({ overlap: 'SKIP', catchupWindow: 60_000 });
});

test('a restart gives it the new policy and interval, and leaves it paused', async () => {
  await ensureAuditSchedule(stack.client, DEFAULT_POLICY);
  await stack.client.schedule.getHandle(AUDIT_SCHEDULE_ID).pause('while we look');
  // Temporal does what it was asked to a moment later.
  await eventually(described, ({ state: { paused } }) => paused);
  await ensureAuditSchedule(stack.client, { ...DEFAULT_POLICY, undoAlarmMs: 1 }, 60_000);

  const { spec, action, state } = await eventually(
    described,
    ({ spec: { intervals } }) => intervals?.[0]?.every === 60_000,
  );
  expect(spec.intervals).toEqual([expect.objectContaining({ every: 60_000 })]);
  expect(action).toMatchObject({ args: [{ undoAlarmMs: 1 }] });
  expect(state).toMatchObject({ paused: true, note: 'while we look' });
});

test('what it starts is the audit', async () => {
  await stack.client.schedule.getHandle(AUDIT_SCHEDULE_ID).trigger();
  const started = async () => (await described()).info.recentActions.map(({ action }) => action.workflow.workflowId);
  for (let tries = 0; (await started()).length === 0; tries += 1) {
    if (tries > 100) throw new Error('nothing was started');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect((await started())[0]).toMatch(/^audit-books/);
});
