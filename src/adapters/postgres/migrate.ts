import { readdir, readFile } from 'node:fs/promises';
import { Migrator, sql, type Migration } from 'kysely';
import type { Database } from './pool.js';

const FOLDER = new URL('./migrations/', import.meta.url);

/**
 * Applies the numbered `.sql` files that this database has not seen, in order, under a lock: of several starters one
 * works and the others wait.
 * @returns the names of those applied now
 * @throws the first migration's error; nothing of that migration remains
 */
export async function migrate(database: Database): Promise<string[]> {
  const migrator = new Migrator({ db: database.kysely, provider: { getMigrations } });
  const { error, results } = await migrator.migrateToLatest();
  if (error !== undefined) throw error;
  return (results ?? []).map(({ migrationName }) => migrationName);
}

async function getMigrations(): Promise<Record<string, Migration>> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort();
  const migrations = await Promise.all(
    files.map(async (file): Promise<[string, Migration]> => {
      const text = await readFile(new URL(file, FOLDER), 'utf8');
      return [file, { up: async (db) => void (await sql.raw(text).execute(db)) }];
    }),
  );
  return Object.fromEntries(migrations);
}
