import { Client, escapeIdentifier } from 'pg';
import { errorCode } from './errors.js';
import { DATABASE_OWNER } from './postgres-directory.js';

const CONNECT_MS = 2_000;
const DUPLICATE_DATABASE = '42P04';

/** Whether a server answers queries on the port and serves this data directory: an open port alone proves neither. */
export async function servesDirectory(port: number, directory: string): Promise<boolean> {
  try {
    return await withClient(port, async (client) => {
      const { rows } = await client.query<{ data_directory: string }>('show data_directory');
      return rows[0]?.data_directory === directory;
    });
  } catch {
    return false;
  }
}

/** Creates the database when it is missing. @throws the driver's error when that fails. */
export async function ensureDatabase(port: number, name: string): Promise<void> {
  await withClient(port, async (client) => {
    const { rowCount } = await client.query('select 1 from pg_database where datname = $1', [name]);
    if (rowCount !== 0) return;
    try {
      await client.query(`create database ${escapeIdentifier(name)}`);
    } catch (error) {
      if (errorCode(error) !== DUPLICATE_DATABASE) throw error;
    }
  });
}

async function withClient<T>(port: number, work: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({
    host: '127.0.0.1',
    port,
    user: DATABASE_OWNER,
    database: 'postgres',
    ssl: false,
    connectionTimeoutMillis: CONNECT_MS,
    query_timeout: 30_000,
  });
  // Without a listener, a server that dies under the connection would end our process.
  client.on('error', () => {});
  try {
    await client.connect();
    return await work(client);
  } finally {
    await client.end().catch(() => {});
  }
}
