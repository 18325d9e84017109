import { NativeConnection } from '@temporalio/worker';
import { migrate } from '../../adapters/postgres/migrate.js';
import { openDatabase, type Database } from '../../adapters/postgres/pool.js';
import { clientOn, type Client } from '../../temporal/connection.js';
import { orderNamespace } from '../../temporal/namespace.js';
import type { RolesOptions } from './role-parts.js';
import { keepTemporalNeeds, type TemporalNeeds } from './temporal-needs.js';
import { temporalServerAt } from './temporal-server.js';

const DATABASE_CONNECT_MS = 5_000;
const DATABASE_STATEMENT_MS = 10_000;
const DATABASE_SILENCE_MS = DATABASE_STATEMENT_MS + 5_000;

export interface Connections {
  database: Database;
  connection: NativeConnection;
  client: Client;
  /** Keeps what orders need in Temporal. */
  needs: TemporalNeeds;
}

/** Connects to PostgreSQL and Temporal, and prepares both for this version. */
export async function openConnections(options: RolesOptions): Promise<Connections> {
  const { config, log, tracing, lifetime } = options;
  await bringUpToDate(options);
  const database = openDatabase({
    url: options.databaseUrl,
    size: config.DATABASE_POOL_SIZE,
    connectTimeoutMs: DATABASE_CONNECT_MS,
    statementTimeoutMs: DATABASE_STATEMENT_MS,
    silenceMs: DATABASE_SILENCE_MS,
    onError: (err) => log.warn({ err }, 'a database connection was lost'),
  });
  lifetime.onClose('database', () => database.close());

  const connection = await NativeConnection.connect({
    ...(await temporalServerAt(options.temporalAddress, config)),
    grpcCompression: { codec: 'none' },
  });
  lifetime.onClose('temporal connection', () => connection.close());
  const client = clientOn({
    connection,
    namespace: config.TEMPORAL_NAMESPACE,
    interceptors: { workflow: tracing?.clientInterceptors ?? [] },
  });
  const needs = keepTemporalNeeds(orderNamespace(client), { log });
  lifetime.onClose('needs of Temporal', () => needs.stop());
  await needs.untilMet();
  return { database, connection, client, needs };
}

/** On a separate connection, which may be silent while this or another process migrates. */
async function bringUpToDate({ config, databaseUrl, log }: RolesOptions): Promise<void> {
  const database = openDatabase({
    url: databaseUrl,
    size: 1,
    connectTimeoutMs: DATABASE_CONNECT_MS,
    statementTimeoutMs: 0,
    onError: (err) => log.warn({ err }, 'the connection that migrates was lost'),
  });
  try {
    const applied = await migrate(
      database,
      () => log.info('another process is migrating the database; waiting for it'),
      config.GATEWAY,
    );
    if (applied.length > 0) log.info({ applied }, 'the database was migrated');
  } finally {
    await database.close();
  }
}
