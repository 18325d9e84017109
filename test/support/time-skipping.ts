import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import { DefaultLogger, Runtime, Worker } from '@temporalio/worker';
import { createDeadLetterActivities, type DeadLetterStore } from '../../src/activities/dead-letters.js';
import { createGatewayEventActivities, type GatewayEventPorts } from '../../src/activities/gateway-events.js';
import { createInventoryActivities, type ReservationStore } from '../../src/activities/inventory.js';
import { createOrderActivities, type OrderStore } from '../../src/activities/orders.js';
import { createPaymentActivities, type PaymentPorts } from '../../src/activities/payments.js';
import { createRefundActivities, type RefundPorts } from '../../src/activities/refunds.js';
import { createScreeningActivities, type ScreeningPorts } from '../../src/activities/screening.js';
import { ORDER_OUTCOME } from '../../src/workflows/contract.js';
import { watchActivities, type RunningActivities } from './running-activities.js';

const KEYWORD = 2;
/** How long {@link startTimeSkipping} may take. */
export const STARTING_MS = 120_000;

export type Ports = PaymentPorts &
  RefundPorts &
  ScreeningPorts &
  GatewayEventPorts & { reservations: ReservationStore; orders: OrderStore; deadLetters: DeadLetterStore };

function activitiesFor(ports: Ports) {
  return {
    ...createScreeningActivities(ports),
    ...createInventoryActivities(ports),
    ...createPaymentActivities(ports),
    ...createRefundActivities(ports),
    ...createOrderActivities(ports),
    ...createDeadLetterActivities(ports),
    ...createGatewayEventActivities(ports),
  };
}

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
    searchAttributes: { [ORDER_OUTCOME.name]: KEYWORD },
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
  ports: Ports,
  taskQueue: string,
  work: (running: RunningActivities) => Promise<T>,
): Promise<T> {
  const { activities, running } = watchActivities(activitiesFor(ports));
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: BUNDLE,
    activities,
  });
  return worker.runUntil(work(running));
}
