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

const KEYWORD = 2;

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
  taskQueue: string,
  work: () => Promise<T>,
): Promise<T> {
  const worker = await Worker.create({
    connection: environment.nativeConnection,
    taskQueue,
    workflowBundle: BUNDLE,
    activities: activitiesFor(ports),
  });
  return worker.runUntil(work);
}
