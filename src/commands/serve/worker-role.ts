import { randomUUID } from 'node:crypto';
import type { Worker } from '@temporalio/worker';
import type { GatewayModule } from '../../adapters/gateways/gateway-module.js';
import { createBreakerBoard } from '../../adapters/postgres/gateway-breakers.js';
import { createGatewayEventWatch } from '../../adapters/postgres/money/gateway-event-watch.js';
import { createNoticeWatchStore } from '../../adapters/postgres/events/notice-watch-store.js';
import { createOrderCountStore } from '../../adapters/postgres/orders/order-counts.js';
import { findOrder } from '../../api/orders/accept-checkout.js';
import type { OrderGate } from '../../api/load/load-shedder.js';
import { createOrderWorker } from '../../worker.js';
import { activityLogAttributes } from './activity-log.js';
import { auditSchedule } from '../../temporal/audit-schedule.js';
import { createBreakerReports } from './breaker-reports.js';
import { showBreaker } from './breaker-shown.js';
import { addBreakerGauge } from './register-gauges.js';
import { watchGatewayEvents } from './gateway-event-wiring.js';
import { keepCounts } from './keep-counts.js';
import { noticeConsumerOf, notifiersOf, watchNotices } from './notifier-wiring.js';
import { createPorts } from './worker-ports.js';
import { policyOf } from './order-policy.js';
import { runWorker } from './run-worker.js';
import { startRelayRole } from './start-relay.js';
import { createWorkflowSlots } from './workflow-slots.js';
import type { RoleParts } from './role-parts.js';

// Pollers occupy slots too: with few slots, orders bypass this worker and wait in Temporal's queue.
const SLOTS = { most: 40, fewest: 6 };

/** Starts the worker and everything that runs with it. It yields to a burst at the API of the same process. */
export async function startWorkerRole(parts: RoleParts, gate?: Pick<OrderGate, 'hasQueue'>): Promise<void> {
  const {
    config,
    database,
    connection,
    client,
    needs,
    reader,
    workflows,
    requests,
    readiness,
    log,
    tracing,
    lifetime,
  } = parts;
  for (const module of parts.paymentGateways.modules) watchBreaker(module, parts);
  const ports = createPorts({
    config,
    database,
    client,
    gateways: parts.paymentGateways,
    findOrder: async (orderId) => (await findOrder({ reader, workflows }, orderId))?.order,
    notifiers: [...notifiersOf({ config, log, lifetime }), ...(parts.notifiers ?? [])],
    ...(parts.fraudChecks === undefined ? {} : { fraudChecks: parts.fraudChecks }),
  });
  lifetime.onClose('order counts', keepCounts(createOrderCountStore(database), log));
  const schedule = auditSchedule(client, policyOf(config), config.AUDIT_INTERVAL_MS);
  // An existing one gets the current policy.
  await schedule.create();
  needs.add(schedule);
  const create = () =>
    createOrderWorker({
      connection,
      namespace: config.TEMPORAL_NAMESPACE,
      ports,
      interceptors: [...(tracing?.activityInterceptors ?? []), activityLogAttributes],
      ...(tracing === undefined ? {} : { workflowSpans: tracing.workflowSinks }),
      stackTraces: config.WORKFLOW_STACK_TRACES,
      workflowSlots: createWorkflowSlots({ ...SLOTS, isYielding: () => gate?.hasQueue() ?? false }),
      shutdownGraceMs: config.DRAIN_TIMEOUT_MS,
    });
  const worker = await runWorker({ name: 'worker', create, needs, log, lifetime });
  const notices = createNoticeWatchStore(database);
  const store = createGatewayEventWatch(database);
  const events = watchGatewayEvents({ store, ports, requests, policy: policyOf(config), log });
  lifetime.onClose('watch over gateway events', () => events.stop());
  await startRelayRole({
    ...parts,
    consumers: [noticeConsumerOf(ports, notices, requests)],
    onGatewayEvent: events.wake,
  });
  lifetime.onClose('watch over notices', watchNotices({ book: notices, requests, log }));
  readiness.add('worker', async () => whatStops(worker()));
}

/** Logs, counts and shows the circuit breaker of a gateway in this process. */
function watchBreaker({ gateway, breaker }: GatewayModule, parts: RoleParts): void {
  const { database, metrics, log, lifetime } = parts;
  if (breaker === undefined) return;
  const report = createBreakerReports(gateway.name, metrics, log);
  const shown = showBreaker(gateway.name, createBreakerBoard(database, randomUUID()), log);
  breaker.onChange((change) => {
    report(change);
    shown.changed(change);
  });
  lifetime.onClose(`circuit breaker of ${gateway.name}`, () => shown.close());
  addBreakerGauge(metrics, gateway.name, breaker.state);
}

/** Why a worker takes no tasks, in a word. An unavailable server does not count: the worker keeps polling. */
export function whatStops(worker: Pick<Worker, 'getStatus'>): string | undefined {
  const { runState, workflowPollerState, activityPollerState } = worker.getStatus();
  if (runState !== 'RUNNING') return runState.toLowerCase();
  const polls = workflowPollerState === 'POLLING' && activityPollerState === 'POLLING';
  return polls ? undefined : 'not polling';
}
