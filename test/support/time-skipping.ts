import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { orderActivitiesFor, type OrderPorts } from '../../src/activities/order-activities.js';
import { ORDER_OUTCOME, ORDER_TOTAL } from '../../src/workflows/contract.js';
import { watchActivities, type RunningActivities } from './running-activities.js';

const KEYWORD = 2;
const INT = 3;
/** How long {@link startTimeSkipping} may take. */
export const STARTING_MS = 120_000;

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
  const environment = await begin(path);
  await environment.connection.operatorService.addSearchAttributes({
    namespace: 'default',
    searchAttributes: { [ORDER_OUTCOME.name]: KEYWORD, [ORDER_TOTAL.name]: INT },
  });
  return environment;
}

/** The SDK gives a Java server five seconds to come up, which a busy machine may not have. */
async function begin(path: string, tries = 10): Promise<TestWorkflowEnvironment> {
  try {
    return await TestWorkflowEnvironment.createTimeSkipping({
      server: { executable: { type: 'existing-path', path } },
    });
  } catch (error) {
    if (tries === 1) throw error;
    await pause(2_000);
    return begin(path, tries - 1);
  }
}

/** Runs a worker over the given ports for as long as `work` takes. */
export async function withWorker<T>(
  environment: TestWorkflowEnvironment,
  ports: OrderPorts,
  taskQueue: string,
  work: (running: RunningActivities) => Promise<T>,
): Promise<T> {
  const { activities, running } = watchActivities(orderActivitiesFor(ports));
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: BUNDLE,
    activities,
  });
  return worker.runUntil(work(running));
}
