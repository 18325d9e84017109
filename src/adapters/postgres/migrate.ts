import { readdir, readFile } from 'node:fs/promises';
import type { PoolClient } from 'pg';
import type { Database } from './pool.js';
import { orUnavailable, orUnreachable } from './or-unavailable.js';
import { SUPPLY_MISSING } from './older-postgres.js';

const FOLDER = new URL('./migrations/', import.meta.url);
const OLDEST = 15;

// Kysely's own migrator, which earlier versions ran, takes the same lock and writes the same table.
const LOCK = '3853314791062309107';
const APPLIED_TABLE = `
  create table if not exists kysely_migration (name varchar(255) primary key, timestamp varchar(255) not null)`;

/**
 * A migration has no time limit, nor has waiting for another process; these settings apply to this transaction only.
 */
const NO_LIMITS = `
  set local statement_timeout = 0; set local lock_timeout = 0; set local idle_in_transaction_session_timeout = 0`;

/**
 * Applies the numbered `.sql` files that this database has not seen, in order, in one transaction under a lock of that
 * transaction: of several processes, one applies them and the others wait indefinitely.
 * @param onWait called if another process is migrating
 * @param gateway the payment gateway of charges that do not name theirs yet; without it, the sandbox
 * @returns the names of those applied now
 * @throws the first migration's error, after which nothing has changed, or an Error that names the version that is
 * needed
 */
export async function migrate(database: Database, onWait: () => void = () => {}, gateway = ''): Promise<string[]> {
  const client = await orUnreachable(database.pool.connect());
  try {
    const applied = await orUnavailable(bringUpToDate(client, onWait, gateway));
    client.release();
    return applied;
  } catch (error) {
    // Closing the connection rolls back its transaction.
    client.release(true);
    throw error;
  }
}

async function bringUpToDate(client: PoolClient, onWait: () => void, gateway: string): Promise<string[]> {
  await requireVersion(client);
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.sql')).sort();
  if ((await missing(client, files)).length === 0) return [];

  // Once we have the lock, we must see what others have committed, whatever the database's default is.
  await client.query('begin isolation level read committed');
  await client.query(NO_LIMITS);
  await client.query(`select set_config('holdfast.gateway', $1, true)`, [gateway]);
  const { rows } = await client.query<{ ours: boolean }>(`select pg_try_advisory_xact_lock(${LOCK}) as ours`);
  if (rows[0]?.ours !== true) {
    onWait();
    await client.query(`select pg_advisory_xact_lock(${LOCK})`);
  }
  await client.query(APPLIED_TABLE);
  await client.query(SUPPLY_MISSING);
  const open = await missing(client, files);
  for (const file of open) {
    await client.query(await readFile(new URL(file, FOLDER), 'utf8'));
    const values = [file, new Date().toISOString()];
    await client.query('insert into kysely_migration (name, timestamp) values ($1, $2)', values);
  }
  await client.query('commit');
  return open;
}

async function requireVersion(client: PoolClient): Promise<void> {
  const { rows } = await client.query<{ number: number; name: string }>(
    `select current_setting('server_version_num')::int as number, current_setting('server_version') as name`,
  );
  const [version] = rows;
  if (version === undefined || version.number >= OLDEST * 10_000) return;
  throw new Error(`this is PostgreSQL ${version.name}; Holdfast needs PostgreSQL ${OLDEST} or newer`);
}

/** @throws Error if a newer version of Holdfast has applied further ones */
async function missing(client: PoolClient, files: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<{ found: boolean }>(
    `select to_regclass('kysely_migration') is not null as found`,
  );
  if (rows[0]?.found !== true) return [...files];
  const { rows: applied } = await client.query<{ name: string }>('select name from kysely_migration');
  const names = new Set(applied.map(({ name }) => name));
  const newer = [...names].find((name) => !files.includes(name));
  if (newer !== undefined)
    throw new Error(`a newer version of Holdfast has migrated this database (${newer}); use that`);
  return files.filter((file) => !names.has(file));
}
