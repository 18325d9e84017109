import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import type { AcceptedOrder, OrderOutcome } from '../../src/domain/order.js';
import type { OrderPolicy } from '../../src/domain/policy.js';
import { activitiesFor, type Ports } from '../../src/worker.js';
import { ORDER_OUTCOME, orderWorkflowId, PROCESS_ORDER, TASK_QUEUE } from '../../src/workflows/contract.js';

const KEYWORD = 2;

/** The bundle that the build makes: what production runs. */
export const BUNDLE = { codePath: fileURLToPath(new URL('../../dist/workflow-bundle.js', import.meta.url)) };

/** A time-skipping Temporal server of its own; time is one for the whole server, so one a test file. */
export async function startTimeSkipping(): Promise<TestWorkflowEnvironment> {
  const path = process.env['HOLDFAST_TEST_SERVER'];
  if (path === undefined) throw new Error('HOLDFAST_TEST_SERVER is not set: run this through jest');
  Runtime.install({
    logger: new DefaultLogger('ERROR'),
    shutdownSignals: [],
    telemetryOptions: { logging: { filter: { core: 'ERROR', other: 'ERROR' }, forward: {} } },
  });
  const environment = await TestWorkflowEnvironment.createTimeSkipping({
    server: { executable: { type: 'existing-path', path } },
  });
  await environment.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: { [ORDER_OUTCOME.name]: KEYWORD },
  });
  return environment;
}

/** Runs a worker over the given ports for as long as `work` takes. */
export async function withWorker<T>(
  environment: TestWorkflowEnvironment,
  ports: Ports,
  work: () => Promise<T>,
): Promise<T> {
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue: TASK_QUEUE,
    workflowBundle: BUNDLE,
    activities: activitiesFor(ports),
  });
  return worker.runUntil(work);
}

export async function startOrder(environment: TestWorkflowEnvironment, order: AcceptedOrder, policy: OrderPolicy) {
  return environment.client.workflow.start<(order: AcceptedOrder, policy: OrderPolicy) => Promise<OrderOutcome>>(
    PROCESS_ORDER,
    {
      workflowId: orderWorkflowId(order.orderId),
      taskQueue: TASK_QUEUE,
      args: [order, policy],
      workflowIdReusePolicy: 'REJECT_DUPLICATE',
      workflowIdConflictPolicy: 'FAIL',
    },
  );
}
