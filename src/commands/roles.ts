import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { migrate } from '../adapters/postgres/migrate.js';
import { createOrderCounts } from '../adapters/postgres/order-counts.js';
import { createOrderLists } from '../adapters/postgres/order-lists.js';
import { createOrderReader } from '../adapters/postgres/order-reader.js';
import { createMetrics } from '../adapters/prometheus/metrics.js';
import { createFollowedOrders } from '../adapters/postgres/followed-orders.js';
import { openDatabase } from '../adapters/postgres/pool.js';
import { createProducts } from '../adapters/postgres/products.js';
import { createStatsReader } from '../adapters/postgres/stats-reader.js';
import { createStockAdjustments } from '../adapters/postgres/stock-adjustments.js';
import { createDeadLetterReader } from '../adapters/postgres/dead-letter-reader.js';
import { createGatewayEventStore } from '../adapters/postgres/gateway-events.js';
import { createSandboxEvents } from '../adapters/sandbox/events.js';
import { findOrder } from '../api/checkout.js';
import type { GatewayEventVerifier } from '../api/gateway-webhooks.js';
import { createOrderFollowers } from '../api/order-followers.js';
import { createOrderRequests } from '../api/order-requests.js';
import { createApp } from '../api/app.js';
import { createInternalApp } from '../api/internal.js';
import { createOrderWorkflows } from '../api/order-workflows.js';
import { serveHttp } from '../api/serve-http.js';
import type { Config } from '../config.js';
import { createOrderWorker } from '../worker.js';
import type { Notifier } from '../activities/notices.js';
import type { Lifetime } from './lifetime.js';
import { activityLogAttributes } from './activity-log.js';
import { addBookGauges, addBreakerGauge, addStreamGauge } from './gauges.js';
import { observedRequests } from './observed-requests.js';
import { ensureAuditSchedule } from './audit-schedule.js';
import type { CustomFraudCheck } from './fraud-checks.js';
import { keepCounts } from './keep-counts.js';
import { notifiersOf } from './notices.js';
import { prepareNamespace } from './namespace.js';
import { installSdkRuntime } from './sdk-runtime.js';
import { createPorts, policyOf } from './ports.js';

export type Role = 'api' | 'worker';

export interface RolesOptions {
  config: Config;
  roles: readonly Role[];
  databaseUrl: string;
  temporalAddress: string;
  sandboxUrl: string;
  /** The secrets that sign the sandbox's events; without any, no event is believed. */
  sandboxEventSecrets: readonly string[];
  /** Notifiers of the shop's own, beside those that the configuration names. */
  notifiers?: readonly Notifier[];
  log: Logger;
  lifetime: Lifetime;
  /** Fraud checks of the shop's own, which every new order has to pass. */
  fraudChecks?: readonly CustomFraudCheck[];
}

const DATABASE_CONNECT_MS = 5_000;
const DATABASE_STATEMENT_MS = 10_000;

/** Starts the roles of this process: the API, the worker, or both on one connection. Ends them through the lifetime. */
export async function startRoles(options: RolesOptions): Promise<void> {
  const { config, roles, log, lifetime } = options;
  const database = openDatabase({
    url: options.databaseUrl,
    size: config.DATABASE_POOL_SIZE,
    connectTimeoutMs: DATABASE_CONNECT_MS,
    statementTimeoutMs: DATABASE_STATEMENT_MS,
    onError: (err) => log.warn({ err }, 'a database connection was lost'),
  });
  lifetime.onClose('database', () => database.close());
  await migrate(database);

  const metrics = createMetrics();
  metrics.addText('sdk', await installSdkRuntime(log));
  addBookGauges(metrics, database);
  const connection = await NativeConnection.connect({
    address: options.temporalAddress,
    grpcCompression: { codec: 'none' },
  });
  lifetime.onClose('temporal connection', () => connection.close());
  const client = new Client({ connection, namespace: config.TEMPORAL_NAMESPACE });
  await prepareNamespace(client);

  const reader = createOrderReader(database);
  const workflows = createOrderWorkflows({
    client,
    eagerStart: roles.includes('worker'),
    deadlineMs: config.TEMPORAL_DEADLINE_MS,
  });
  const checks: Record<string, () => Promise<void>> = { database: reader.ping, temporal: workflows.ping };

  if (roles.includes('worker')) {
    const ports = createPorts({
      config,
      database,
      client,
      sandboxUrl: options.sandboxUrl,
      findOrder: async (orderId) => (await findOrder({ reader, workflows }, orderId))?.order,
      notifiers: [...notifiersOf({ config, log, lifetime }), ...(options.notifiers ?? [])],
      ...(options.fraudChecks === undefined ? {} : { fraudChecks: options.fraudChecks }),
    });
    addBreakerGauge(metrics, ports.gateway.name, () => ports.gateway.breakerState());
    const worker = await createOrderWorker({
      connection,
      namespace: config.TEMPORAL_NAMESPACE,
      ports,
      interceptors: [activityLogAttributes],
      shutdownGraceMs: config.DRAIN_TIMEOUT_MS,
    });
    lifetime.onClose('order counts', keepCounts(createOrderCounts(database), log));
    await ensureAuditSchedule(client, policyOf(config), config.AUDIT_INTERVAL_MS);
    const stopped = worker.run();
    stopped.catch((error: Error) => lifetime.end(error));
    lifetime.onClose('worker', async () => {
      if (worker.getState() === 'RUNNING') worker.shutdown();
      await stopped;
    });
    checks['worker'] = async () => {
      if (worker.getState() !== 'RUNNING') throw new Error(`the worker is ${worker.getState()}`);
    };
  }

  let draining = false;
  const internal = createInternalApp({ checks, isDraining: () => draining, metrics: () => metrics.text() });
  const health = await serveHttp(internal, {
    host: config.INTERNAL_HOST,
    port: config.INTERNAL_PORT,
    variable: 'INTERNAL_PORT',
  });
  lifetime.onClose('internal port', () => health.close(0));

  if (roles.includes('api')) {
    const followers = createOrderFollowers({ orders: createFollowedOrders(database), most: config.MAX_STREAMS, log });
    addStreamGauge(metrics, followers);
    const observe = observedRequests(metrics, log);
    const app = createApp({
      observe,
      reader,
      followers,
      workflows,
      trail: reader,
      lists: createOrderLists(database),
      stats: createStatsReader(database),
      requests: createOrderRequests({ client, deadlineMs: config.TEMPORAL_DEADLINE_MS }),
      deadLetters: createDeadLetterReader(database),
      stock: createStockAdjustments(database),
      products: createProducts(database),
      inbox: createGatewayEventStore(database),
      gatewayEvents: verifierOf(options.sandboxEventSecrets),
      policy: policyOf(config, options.fraudChecks),
      maxBodyBytes: config.MAX_BODY_BYTES,
      log,
    });
    const api = await serveHttp(app, { host: config.HOST, port: config.PORT, variable: 'PORT', observe });
    lifetime.onClose('api', () => api.close(config.DRAIN_TIMEOUT_MS));
    // Before the API: it waits for open answers, and a stream is one.
    lifetime.onClose('streams', () => followers.close());
  }
  lifetime.onClose('readiness', async () => {
    draining = true;
  });
  log.info({ roles, port: config.PORT }, 'serving');
}

function verifierOf(secrets: readonly string[]): GatewayEventVerifier {
  const sandbox = secrets.length === 0 ? undefined : createSandboxEvents({ secrets });
  return {
    verify: (gateway, headers, rawBody) =>
      gateway === 'sandbox' && sandbox !== undefined ? sandbox.verify(headers, rawBody) : { unknownGateway: true },
  };
}
