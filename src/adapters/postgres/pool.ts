// Everything in SQL: the pool, the migrations, and a folder per part of the schema.
// Every change to an order locks its row first. Never a call to anything but PostgreSQL.

import { Socket } from 'node:net';
import { Kysely, PostgresDialect, type Transaction } from 'kysely';
import { Pool, types, type QueryResult, type QueryResultRow } from 'pg';
import { kyselyPool } from './kysely-pool.js';
import { recognizeSession, type Session } from './sessions.js';
import { runStatement, type Run, type Statement } from './statements.js';
import type { Tables } from './tables.js';
import { orUnavailable, orUnreachable } from './or-unavailable.js';

/**
 * Typed queries through `kysely`; the few statements of the main path, prepared once per connection, through `pool`.
 */
export interface Database {
  kysely: Kysely<Tables>;
  pool: Pool;
  run: Run;
  close(): Promise<void>;
}

export type Tx = Transaction<Tables>;

export interface PoolSettings {
  url: string;
  /** The maximum number of connections. */
  size: number;
  /** How long to wait for a free connection, in milliseconds. */
  connectTimeoutMs: number;
  /** The longest that one statement may run, in milliseconds; 0 for no limit. */
  statementTimeoutMs: number;
  /** How long a connection may be silent before it is closed, in milliseconds; more than a statement may take. */
  silenceMs?: number;
  onError: (error: Error) => void;
}

const INT8_OID = 20;

/** Opens a bounded pool. Connections are opened on demand; the database may be unavailable at this point. */
export function openDatabase({ onError, silenceMs, ...settings }: PoolSettings): Database {
  const { connectTimeoutMs, statementTimeoutMs } = settings;
  const sessions = new WeakMap<object, Session>();
  const pool = new Pool({
    connectionString: settings.url,
    max: settings.size,
    connectionTimeoutMillis: connectTimeoutMs,
    // Poolers would reject a startup parameter, and session settings would affect their other clients.
    verify: (client, done) => {
      recognizeSession(client, statementTimeoutMs, connectTimeoutMs).then((session) => {
        sessions.set(client, session);
        done();
      }, done);
    },
    application_name: 'holdfast',
    keepAlive: true,
    types: { getTypeParser },
    ...(silenceMs === undefined ? {} : { stream: () => socketThatNotices(silenceMs) }),
  });
  pool.on('error', (error) => onError(error));
  // Otherwise, a checked-out client that loses its server would end the process.
  pool.on('connect', (client) => client.on('error', (error) => onError(error)));
  const run: Run = (client, statement) => runStatement(client, sessions.get(client), statement);
  const kysely = new Kysely<Tables>({ dialect: new PostgresDialect({ pool: kyselyPool(pool, run) }) });
  const close = async () => {
    await kysely.destroy();
    // Kysely does not end a pool that it has not used itself.
    if (!pool.ending) await pool.end();
  };
  return { kysely, pool, run, close };
}

/** A peer that disappears silently would otherwise block a connection, and its waiters, until TCP gives up. */
function socketThatNotices(silenceMs: number): Socket {
  const socket = new Socket();
  return socket.setTimeout(silenceMs, () => {
    socket.destroy(new Error(`Connection terminated: PostgreSQL was silent for ${silenceMs} ms`));
  });
}

/** A statement that each connection parses and plans once, if connections keep statements. */
export function prepared<Row extends QueryResultRow>(name: string, text: string) {
  return async (database: Database, values: unknown[]): Promise<Row[]> =>
    (await runOnce<Row>(database, { name, text, values })).rows;
}

/** Runs a statement on a free connection. */
export async function runOnce<Row extends QueryResultRow>(
  database: Database,
  statement: Statement,
): Promise<QueryResult<Row>> {
  const client = await orUnreachable(database.pool.connect());
  try {
    const result = await orUnavailable(database.run<Row>(client, statement));
    client.release();
    return result;
  } catch (error) {
    // The fault may be in the connection or in its prepared statements.
    client.release(true);
    throw error;
  }
}

function getTypeParser(oid: number, format: 'text' | 'binary' = 'text') {
  return oid === INT8_OID ? safeInteger : types.getTypeParser(oid, format);
}

function safeInteger(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is not a safe integer`);
  return value;
}
