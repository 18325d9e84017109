import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { Pool } from 'pg';
import { migrate } from '../../../src/adapters/postgres/migrate.js';
import { openDatabase, type Database } from '../../../src/adapters/postgres/pool.js';
import { startProcess } from '../../support/holdfast-process.js';

// The lock of everybody who migrates, of earlier versions of Holdfast too.
const LOCK = '3853314791062309107';

let admin: Pool;
const names: string[] = [];
beforeAll(() => {
  admin = new Pool({ connectionString: serverUrl().href, max: 1 });
});
afterAll(async () => {
  for (const name of names) await admin.query(`drop database if exists ${name} with (force)`);
  await admin.end();
});

const serverUrl = () => new URL(process.env['HOLDFAST_IT_POSTGRES_URL'] ?? '');

async function emptyDatabase(): Promise<string> {
  const name = `migrate_${randomUUID().replaceAll('-', '')}`;
  await admin.query(`create database ${name}`);
  names.push(name);
  return Object.assign(serverUrl(), { pathname: `/${name}` }).href;
}

async function withPool<T>(url: string, work: (database: Database) => Promise<T>): Promise<T> {
  const settings = { size: 2, connectTimeoutMs: 5_000, statementTimeoutMs: 300, onError: () => {} };
  const database = openDatabase({ url, ...settings });
  try {
    return await work(database);
  } finally {
    await database.close();
  }
}

/** Holds the lock as another process would that migrates. */
async function whileMigrating<T>(url: string, work: (done: () => Promise<void>) => Promise<T>): Promise<T> {
  const other = new Pool({ connectionString: url, max: 1 }).on('error', () => {});
  const client = await other.connect();
  await client.query(`select pg_advisory_lock(${LOCK})`);
  try {
    return await work(async () => void (await client.query(`select pg_advisory_unlock(${LOCK})`)));
  } finally {
    client.release();
    await other.end();
  }
}

describe('a migration', () => {
  test('waits for that of another process, longer than a statement may take, and says so', async () => {
    const url = await emptyDatabase();
    let told = 0;
    const applied = await whileMigrating(url, (done) =>
      withPool(url, async (database) => {
        const migrating = migrate(database, () => (told += 1));
        await sleep(1_000);
        expect(told).toBe(1);
        await done();
        return migrating;
      }),
    );
    expect(applied[0]).toBe('0001_orders.sql');
  });

  test('of a server that is too old is refused with the version that is needed, and changes nothing', async () => {
    const url = await emptyDatabase();
    const name = new URL(url).pathname.slice(1);
    await withPool(url, async ({ pool }) => {
      await pool.query('create schema older');
      // PostgreSQL looks there first: it says what a 14 would say.
      await pool.query(
        `create function older.current_setting(asked text) returns text language sql as $$
           select case asked when 'server_version_num' then '140019' when 'server_version' then '14.19'
                  else pg_catalog.current_setting(asked) end $$`,
      );
      await pool.query(`alter database ${name} set search_path = older, pg_catalog, public`);
    });
    await withPool(url, async (database) => {
      await expect(migrate(database)).rejects.toThrow(
        'this is PostgreSQL 14.19; Holdfast needs PostgreSQL 15 or newer',
      );
      const { rows } = await database.pool.query(`select from pg_tables where schemaname = 'public'`);
      expect(rows).toEqual([]);
    });
  });

  test('of several processes is done by one of them, even if transactions are serializable', async () => {
    const url = await emptyDatabase();
    await admin.query(
      `alter database ${new URL(url).pathname.slice(1)} set default_transaction_isolation = serializable`,
    );
    const applied = await Promise.all(Array.from({ length: 4 }, () => withPool(url, (database) => migrate(database))));
    expect(applied.filter((names) => names.length > 0)).toHaveLength(1);
  });

  test('takes as long as it takes, whatever the limits of its role and database are', async () => {
    const url = await emptyDatabase();
    const name = new URL(url).pathname.slice(1);
    await admin.query(`alter database ${name} set statement_timeout = 200`);
    await admin.query(`alter database ${name} set lock_timeout = 100`);
    await whileMigrating(url, (done) =>
      withPool(url, async (database) => {
        const migrating = migrate(database);
        await sleep(600);
        await done();
        expect(await migrating).not.toEqual([]);
      }),
    );
  });

  test('leaves no lock behind', async () => {
    const url = await emptyDatabase();
    await withPool(url, async (database) => {
      await migrate(database);
      const { rows } = await database.pool.query(
        `select from pg_locks l join pg_database d on d.oid = l.database
         where l.locktype = 'advisory' and d.datname = current_database()`,
      );
      expect(rows).toEqual([]);
    });
  });

  test('of a database that a newer Holdfast has migrated is refused', async () => {
    const url = await emptyDatabase();
    await withPool(url, async (database) => {
      await migrate(database);
      await database.pool.query(`insert into kysely_migration values ('9999_later.sql', now()::text)`);
      await expect(migrate(database)).rejects.toThrow(/newer version of Holdfast.*9999_later/);
    });
  });
});

test('a starting process waits for the migration of another one, and logs that it does', async () => {
  const url = await emptyDatabase();
  const api = await whileMigrating(url, async (done) => {
    const starting = startProcess(['serve', '--roles', 'api'], {
      DATABASE_URL: url,
      TEMPORAL_ADDRESS: process.env['HOLDFAST_IT_TEMPORAL_ADDRESS'] ?? '',
      SANDBOX_URL: 'http://127.0.0.1:1',
    });
    // Longer than a statement of the API may take, and than one of its connections may be silent.
    await Promise.race([sleep(17_000), starting]);
    await done();
    return starting;
  });
  try {
    expect(api.output()).toContain('another process is migrating the database');
  } finally {
    await api.stop();
  }
}, 90_000);
