import type { Config } from '../config.js';
import { openDatabase, type Database } from '../adapters/postgres/pool.js';
import { orUnavailable } from '../adapters/postgres/unavailable.js';
import { Unavailable } from '../domain/unavailable.js';

/**
 * Opens a small pool for one command and closes it afterwards, whatever happens.
 * @throws Error that says which server does not answer
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
    throw error instanceof Unavailable && error.dependency === 'database' ? silent(url, error) : error;
  } finally {
    await database.close();
  }
}

function silent(url: string, { cause }: Unavailable): Error {
  const why = cause instanceof Error ? cause.message : 'no answer';
  return new Error(`PostgreSQL at ${new URL(url).host}: ${why}; is it running, and is DATABASE_URL right?`, { cause });
}

/** Without DATABASE_URL, the database of a `holdfast up` on this machine. */
export function databaseUrlOf(config: Config): string {
  return config.DATABASE_URL ?? `postgres://holdfast@127.0.0.1:${config.POSTGRES_PORT}/holdfast`;
}
