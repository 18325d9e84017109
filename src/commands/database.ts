import type { Config } from '../config.js';
import { openDatabase, type Database } from '../adapters/postgres/pool.js';
import { orUnavailable } from '../adapters/postgres/or-unavailable.js';
import { Unavailable } from '../domain/unavailable.js';

// PostgreSQL's codes for a missing table and a missing column.
const OTHER_SCHEMA: readonly unknown[] = ['42P01', '42703'];

/**
 * Opens a small pool for one command and closes it afterwards, whatever happens.
 * @throws Error that says which server does not answer, or what its schema needs
 */
export async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase({
    url,
    size: 2,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    onError: () => {},
  });
  try {
    return await orUnavailable(work(database));
  } catch (error) {
    throw explained(error, url);
  } finally {
    await database.close();
  }
}

function explained(error: unknown, url: string): unknown {
  if (error instanceof Error && 'code' in error && OTHER_SCHEMA.includes(error.code)) {
    return new Error('the database has another schema; run "holdfast migrate" first', { cause: error });
  }
  if (!(error instanceof Unavailable) || error.dependency !== 'database') return error;
  const { cause } = error;
  // A host with several addresses fails with an error for each, and an empty message.
  const [first] = cause instanceof AggregateError ? (cause.errors as unknown[]) : [cause];
  const why = first instanceof Error ? first.message : 'no answer';
  return new Error(`PostgreSQL at ${new URL(url).host}: ${why}; is it running, and is DATABASE_URL right?`, { cause });
}

/** Without DATABASE_URL, the database of a `holdfast up` on this machine. */
export function databaseUrlOf(config: Config): string {
  return config.DATABASE_URL ?? `postgres://holdfast@127.0.0.1:${config.POSTGRES_PORT}/holdfast`;
}
