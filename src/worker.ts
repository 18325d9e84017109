import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { OpenTelemetrySinks } from '@temporalio/interceptors-opentelemetry';
import {
  Worker,
  type ActivityInterceptorsFactory,
  type InjectedSinks,
  type NativeConnection,
  type SlotSupplier,
  type WorkflowSlotInfo,
} from '@temporalio/worker';
import { createAuditActivities } from './activities/audit/audit.js';
import type { AuditPorts } from './activities/audit/audit-ports.js';
import { createDeliveryActivities, type DeliveryPorts } from './activities/deliveries/deliveries.js';
import { orderActivitiesFor, type OrderPorts } from './activities/order-activities.js';
import { createNoticeActivities, type NoticePorts } from './activities/notices.js';
import { DELIVERY_TASK_QUEUE, TASK_QUEUE } from './workflows/contract.js';

/** Everything that the activities of this worker need. */
export type Ports = OrderPorts & NoticePorts & AuditPorts;

export interface OrderWorkerOptions {
  connection: NativeConnection;
  namespace: string;
  ports: Ports;
  interceptors?: ActivityInterceptorsFactory[];
  /** Traces workflows and exports their spans through the sink `exporter`. */
  workflowSpans?: WorkflowSpans;
  /** Whether errors and waits of workflows carry a stack trace, which takes time for each promise. */
  stackTraces: boolean;
  /** How many workflow tasks it runs at once. */
  workflowSlots: SlotSupplier<WorkflowSlotInfo>;
  /** How long a shutdown lets running activities finish, in milliseconds. */
  shutdownGraceMs: number;
}

const LOCAL_ACTIVITY_SLOTS = 200;
const ACTIVITY_SLOTS = 100;

type WorkflowSpans = InjectedSinks<OpenTelemetrySinks>;

/** The compiled workflows, bundled once by the build. */
const WORKFLOW_BUNDLE = fileURLToPath(new URL('./workflow-bundle.js', import.meta.url));

/** The same with spans, which cost time in each workflow. */
const TRACED_WORKFLOW_BUNDLE = fileURLToPath(new URL('./workflow-bundle-traced.js', import.meta.url));

/**
 * The same code, with stack traces that V8 leaves empty: the SDK asks for one for each promise.
 * On the first line, so that the source map still fits.
 */
export const withoutStackTraces = (code: string) => `Error.stackTraceLimit = 0;${code}`;

export function activitiesFor(ports: Ports) {
  return { ...orderActivitiesFor(ports), ...createAuditActivities(ports), ...createNoticeActivities(ports) };
}

/** A worker that runs orders. The caller runs it and shuts it down. */
export async function createOrderWorker(options: OrderWorkerOptions): Promise<Worker> {
  const { connection, namespace, ports, interceptors = [], workflowSpans, stackTraces, workflowSlots } = options;
  const { shutdownGraceMs } = options;
  const code = await readFile(workflowSpans === undefined ? WORKFLOW_BUNDLE : TRACED_WORKFLOW_BUNDLE, 'utf8');
  return Worker.create({
    connection,
    namespace,
    taskQueue: TASK_QUEUE,
    workflowBundle: { code: stackTraces ? code : withoutStackTraces(code) },
    ...(workflowSpans === undefined ? {} : { sinks: workflowSpans }),
    activities: activitiesFor(ports),
    interceptors: { activity: interceptors },
    shutdownGraceTime: shutdownGraceMs,
    // Forced after the grace period: an activity that ignores its cancellation must not block the process indefinitely.
    shutdownForceTime: shutdownGraceMs + 5_000,
    tuner: {
      workflowTaskSlotSupplier: workflowSlots,
      localActivityTaskSlotSupplier: { type: 'fixed-size', numSlots: LOCAL_ACTIVITY_SLOTS },
      activityTaskSlotSupplier: { type: 'fixed-size', numSlots: ACTIVITY_SLOTS },
      nexusTaskSlotSupplier: { type: 'fixed-size', numSlots: 1 },
    },
    workflowTaskPollerBehavior: { type: 'simple-maximum', maximum: 5 },
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 5 },
  });
}

/** A worker that only sends webhooks: calls that hang there occupy no slot of an order's steps. */
export async function createDeliveryWorker(
  options: Omit<OrderWorkerOptions, 'ports' | 'stackTraces' | 'workflowSlots'> & { ports: DeliveryPorts },
): Promise<Worker> {
  const { connection, namespace, ports, shutdownGraceMs } = options;
  return Worker.create({
    connection,
    namespace,
    taskQueue: DELIVERY_TASK_QUEUE,
    activities: createDeliveryActivities(ports),
    shutdownGraceTime: shutdownGraceMs,
    shutdownForceTime: shutdownGraceMs + 5_000,
    // More than all endpoints can occupy even if each of them hangs.
    maxConcurrentActivityTaskExecutions: 512,
    activityTaskPollerBehavior: { type: 'simple-maximum', maximum: 2 },
  });
}
