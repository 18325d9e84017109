import { Client } from '@temporalio/client';
import { NativeConnection } from '@temporalio/worker';
import type { Logger } from 'pino';
import { createChargeStore } from '../adapters/postgres/charges.js';
import { migrate } from '../adapters/postgres/migrate.js';
import { createOrderReader } from '../adapters/postgres/order-reader.js';
import { createOrderStore } from '../adapters/postgres/orders.js';
import { openDatabase, type Database } from '../adapters/postgres/pool.js';
import { createRefundStore } from '../adapters/postgres/refunds.js';
import { createReservationStore } from '../adapters/postgres/reservations.js';
import { createSandboxGateway } from '../adapters/sandbox/gateway.js';
import { createApp } from '../api/app.js';
import { createInternalApp } from '../api/internal.js';
import { createOrderWorkflows } from '../api/order-workflows.js';
import { serveHttp } from '../api/serve-http.js';
import type { Config } from '../config.js';
import { DEFAULT_POLICY, type OrderPolicy } from '../domain/policy.js';
import { createOrderWorker, type Ports } from '../worker.js';
import type { Lifetime } from './lifetime.js';
import { prepareNamespace } from './namespace.js';

export type Role = 'api' | 'worker';

export interface RolesOptions {
  config: Config;
  roles: readonly Role[];
  databaseUrl: string;
  temporalAddress: string;
  sandboxUrl: string;
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
      ports: portsFor(database, options),
      shutdownGraceMs: config.DRAIN_TIMEOUT_MS,
    });
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
    const app = createApp({ reader, workflows, policy: policyOf(config), maxBodyBytes: config.MAX_BODY_BYTES, log });
    const api = await serveHttp(app, { host: config.HOST, port: config.PORT, variable: 'PORT' });
    lifetime.onClose('api', () => api.close(config.DRAIN_TIMEOUT_MS));
  }
  lifetime.onClose('readiness', async () => {
    draining = true;
  });
  log.info({ roles, port: config.PORT }, 'serving');
}

function portsFor(database: Database, { config, sandboxUrl }: RolesOptions): Ports {
  return {
    gateway: createSandboxGateway({
      baseUrl: sandboxUrl,
      timeoutMs: config.GATEWAY_TIMEOUT_MS,
      settlingTimeMs: config.GATEWAY_SETTLING_MS,
    }),
    charges: createChargeStore(database),
    refunds: createRefundStore(database),
    reservations: createReservationStore(database),
    orders: createOrderStore(database),
    fraudChecks: [],
  };
}

function policyOf(config: Config): OrderPolicy {
  return {
    ...DEFAULT_POLICY,
    retry: {
      ...DEFAULT_POLICY.retry,
      retries: config.RETRIES,
      initialIntervalMs: config.RETRY_INITIAL_MS,
      maximumIntervalMs: config.RETRY_MAXIMUM_MS,
    },
    lookupMaximumIntervalMs: config.LOOKUP_MAXIMUM_MS,
  };
}
