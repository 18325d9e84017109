import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { migrate } from '../adapters/postgres/migrate.js';
import { createOrderReader } from '../adapters/postgres/order-reader.js';
import { openDatabase } from '../adapters/postgres/pool.js';
import { createApiKeyStore } from '../adapters/postgres/api-keys.js';
import { createStockAdjustments } from '../adapters/postgres/stock-adjustments.js';
import { createDeadLetterReader } from '../adapters/postgres/dead-letter-reader.js';
import { createGatewayEventStore } from '../adapters/postgres/gateway-events.js';
import { createSandboxEvents } from '../adapters/sandbox/events.js';
import { findOrder } from '../api/checkout.js';
import type { GatewayEventVerifier } from '../api/gateway-webhooks.js';
import { createOrderRequests } from '../api/order-requests.js';
import { createApp } from '../api/app.js';
import { createGuards } from '../api/guards.js';
import { createKeyVerifier } from '../api/key-verifier.js';
import { createOpenOrderCount } from '../api/open-orders.js';
import { createOrderGate } from '../api/order-gate.js';
import { createInternalApp } from '../api/internal.js';
import { createPace } from '../api/pace.js';
import { createOrderWorkflows } from '../api/order-workflows.js';
import { serveHttp } from '../api/serve-http.js';
import type { Config } from '../config.js';
import { createOrderWorker } from '../worker.js';
import type { Lifetime } from './lifetime.js';
import { ensureAuditSchedule } from './audit-schedule.js';
import { rateLimitsOf } from './rate-limits.js';
import { prepareNamespace } from './namespace.js';
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
  log: Logger;
  lifetime: Lifetime;
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
    const worker = await createOrderWorker({
      connection,
      namespace: config.TEMPORAL_NAMESPACE,
      ports: createPorts({
        config,
        database,
        client,
        sandboxUrl: options.sandboxUrl,
        findOrder: async (orderId) => (await findOrder({ reader, workflows }, orderId))?.order,
      }),
      shutdownGraceMs: config.DRAIN_TIMEOUT_MS,
    });
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
  const internal = createInternalApp({ checks, isDraining: () => draining });
  const health = await serveHttp(internal, {
    host: config.INTERNAL_HOST,
    port: config.INTERNAL_PORT,
    variable: 'INTERNAL_PORT',
  });
  lifetime.onClose('internal port', () => health.close(0));

  if (roles.includes('api')) {
    const app = createApp({
      guards: createGuards({
        verifier: createKeyVerifier({ store: createApiKeyStore(database), cacheMs: config.API_KEY_CACHE_MS, log }),
        maxRequests: config.MAX_REQUESTS,
        corsOrigins: config.CORS_ORIGINS?.split(',') ?? [],
        log,
      }),
      gate: createOrderGate({
        pace: createPace({ most: config.MAX_CHECKOUTS, targetMs: config.ACCEPT_TARGET_MS }),
        openOrders: config.MAX_OPEN_ORDERS,
        begun: reader.begun,
        countOpen: createOpenOrderCount({ client, deadlineMs: config.TEMPORAL_DEADLINE_MS }),
        log,
      }),
      rateLimits: rateLimitsOf(config, database, log),
      reader,
      workflows,
      trail: reader,
      requests: createOrderRequests({ client, deadlineMs: config.TEMPORAL_DEADLINE_MS }),
      deadLetters: createDeadLetterReader(database),
      stock: createStockAdjustments(database),
      inbox: createGatewayEventStore(database),
      gatewayEvents: verifierOf(options.sandboxEventSecrets),
      policy: policyOf(config),
      maxBodyBytes: config.MAX_BODY_BYTES,
      log,
    });
    const api = await serveHttp(app, {
      host: config.HOST,
      port: config.PORT,
      variable: 'PORT',
      maxConnections: config.MAX_CONNECTIONS,
    });
    lifetime.onClose('api', () => api.close(config.DRAIN_TIMEOUT_MS));
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
