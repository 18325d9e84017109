import { expect, test } from '@jest/globals';
import type { WorkerStatus } from '@temporalio/worker';
import { whatStops } from '../../../../src/commands/serve/worker-role.js';

const POLLING: WorkerStatus = {
  runState: 'RUNNING',
  workflowPollerState: 'POLLING',
  activityPollerState: 'POLLING',
  hasOutstandingWorkflowPoll: true,
  hasOutstandingActivityPoll: true,
  numInFlightWorkflowActivations: 0,
  numInFlightActivities: 0,
  numInFlightNonLocalActivities: 0,
  numInFlightLocalActivities: 0,
  numCachedWorkflows: 0,
  numHeartbeatingActivities: 0,
};

test.each<[Partial<WorkerStatus>, string | undefined]>([
  [{}, undefined],
  [{ runState: 'INITIALIZED' }, 'initialized'],
  [{ runState: 'STOPPING' }, 'stopping'],
  [{ runState: 'FAILED' }, 'failed'],
  [{ workflowPollerState: 'FAILED' }, 'not polling'],
  [{ activityPollerState: 'SHUTDOWN' }, 'not polling'],
])('a worker of which %j is known is stopped by: %s', (part, wrong) => {
  expect(whatStops({ getStatus: () => ({ ...POLLING, ...part }) })).toBe(wrong);
});
