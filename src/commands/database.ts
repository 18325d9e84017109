import type { Config } from '../config.js';
import { openDatabase, type Database } from '../adapters/postgres/pool.js';

/** Opens a small pool for one command and closes it afterwards, whatever happens. */
export async function withDatabase<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const database = openDatabase({
    url,
    size: 2,
    connectTimeoutMs: 10_000,
    statementTimeoutMs: 60_000,
    onError: () => {},
  });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Without DATABASE_URL, the database of a `holdfast up` on this machine. */
export function databaseUrlOf(config: Config): string {
  return config.DATABASE_URL ?? `postgres://holdfast@127.0.0.1:${config.POSTGRES_PORT}/holdfast`;
}
