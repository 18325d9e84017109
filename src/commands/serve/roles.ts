// The parts of a `serve` process: connections, roles, and the implementation of each port.
// Never logic beyond wiring.

import { createOrderReader } from '../../adapters/postgres/orders/order-reader.js';
import { createOutboxStore } from '../../adapters/postgres/events/outbox.js';
import { probeWrites } from '../../adapters/postgres/write-probe.js';
import { createMetrics } from '../../adapters/prometheus/metrics.js';
import { createEventSender } from '../../adapters/webhooks/http-event-sender.js';
import { createOrderMessages } from '../../temporal/order-messages.js';
import { createOrderWorkflows } from '../../temporal/start-checkout.js';
import { startApiRole } from './api-role.js';
import { openConnections } from './connections.js';
import { addBookGauges, addOutboxGauges } from './register-gauges.js';
import { createGateways } from './gateway-registry.js';
import { announce, openInternalPort } from './internal-port.js';
import { openOrderGate } from './open-order-gate.js';
import type { RoleParts, RolesOptions } from './role-parts.js';
import { installSdkRuntime } from './sdk-runtime.js';
import { startWorkerRole } from './worker-role.js';

export type { Role, RolesOptions } from './role-parts.js';

/** Starts the roles of this process: the API, the worker, or both on one connection. Ends them through the lifetime. */
export async function startRoles(options: RolesOptions): Promise<void> {
  const { config, roles, log, tracing, lifetime } = options;
  if (tracing !== undefined) {
    tracing.reportTo(log);
    // First, so that it ends last: the other parts create spans until they end.
    lifetime.onClose('tracing', () => tracing.close());
  }
  const paymentGateways = await createGateways(config, { gateways: options.gateways, traceCall: tracing?.traceCall });
  const metrics = createMetrics();
  const readiness = await openInternalPort({ ...options, metrics });
  metrics.addText('sdk', await installSdkRuntime(log));

  const { database, connection, client, needs } = await openConnections(options);
  addBookGauges(metrics, database);
  const reader = createOrderReader(database);
  const workflows = createOrderWorkflows({
    client,
    eagerStart: roles.includes('worker'),
    deadlineMs: config.TEMPORAL_DEADLINE_MS,
    webUi: config.TEMPORAL_UI_URL,
  });
  const probeDatabase = () => probeWrites(database);
  const requests = createOrderMessages({ client, deadlineMs: config.TEMPORAL_DEADLINE_MS, probeDatabase });
  const outbox = createOutboxStore(database);
  addOutboxGauges(metrics, outbox);
  const eventSender = createEventSender({ allowPrivate: config.WEBHOOK_ALLOW_PRIVATE });
  lifetime.onClose('webhook connections', async () => eventSender.close());
  readiness.add('database', probeDatabase);
  readiness.add('temporal', needs.probe);

  const parts: RoleParts = {
    ...options,
    database,
    connection,
    client,
    paymentGateways,
    needs,
    reader,
    workflows,
    requests,
    outbox,
    eventSender,
    metrics,
    readiness,
  };
  const gate = roles.includes('api') ? openOrderGate(parts) : undefined;
  if (roles.includes('worker')) await startWorkerRole(parts, gate);
  if (gate !== undefined) await startApiRole(parts, gate);
  announce(parts);
  log.info({ roles, port: config.PORT }, 'serving');
}
