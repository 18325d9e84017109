import { cp, mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { migrate } from '../../dist/adapters/postgres/migrate.js';
import { openDatabase } from '../../dist/adapters/postgres/pool.js';
import { freePort } from '../../dist/embedded/tcp-ports.js';
import { chooseAccount } from '../../dist/embedded/postgres-account.js';
import { findPostgresBinaries } from '../../dist/embedded/postgres-binaries.js';
import { ensureDataDirectory } from '../../dist/embedded/postgres-directory.js';
import { startPostgres } from '../../dist/embedded/postgres.js';
import { provideTemporalCli } from '../../dist/embedded/programs.js';
import { startTemporal } from '../../dist/embedded/temporal.js';

const report = (line) => process.stderr.write(`${line}\n`);

/**
 * One PostgreSQL and one Temporal for all integration tests. Their whereabouts are in HOLDFAST_IT_POSTGRES_URL and
 * HOLDFAST_IT_TEMPORAL_ADDRESS, the path of the Temporal CLI in HOLDFAST_TEMPORAL_CLI, and that of a data directory which no
 * PostgreSQL has used yet in HOLDFAST_IT_DATA.
 */
export default async function setup() {
  const directory = await mkdtemp(join(tmpdir(), 'holdfast-integration-'));
  const servers = [];
  globalThis.stopIntegrationServers = async () => {
    globalThis.stopIntegrationServers = undefined;
    await Promise.allSettled(servers.map((server) => server.stop()));
    await rm(directory, { recursive: true, force: true });
  };
  try {
    const executable = await provideTemporalCli({
      ...(process.env.HOLDFAST_TEMPORAL_CLI ? { override: process.env.HOLDFAST_TEMPORAL_CLI } : {}),
      cacheDirectory: join(homedir(), '.cache', 'holdfast', 'bin'),
      report,
    });
    const data = join(directory, 'postgres');
    const binaries = await findPostgresBinaries();
    await ensureDataDirectory(data, binaries, await chooseAccount(binaries));
    await cp(data, join(directory, 'unused-data'), { recursive: true });
    process.env.HOLDFAST_IT_DATA = join(directory, 'unused-data');
    const postgres = await startPostgres({ directory: data, port: await freePort(), report });
    servers.push(postgres);
    await prepare(postgres.url);
    const temporal = await startTemporal({
      executable,
      directory: join(directory, 'temporal'),
      port: await freePort(),
      uiPort: await freePort(),
      namespace: 'default',
      searchAttributes: { OrderOutcome: 'Keyword', OrderTotal: 'Int' },
      report,
    });
    servers.push(temporal);
    process.env.HOLDFAST_TEMPORAL_CLI = executable;
    process.env.HOLDFAST_IT_POSTGRES_URL = postgres.url;
    process.env.HOLDFAST_IT_TEMPORAL_ADDRESS = temporal.address;
  } catch (error) {
    // jest runs no teardown after a setup that failed.
    await globalThis.stopIntegrationServers();
    throw error;
  }
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.once(signal, () => {
      // After the run there is nothing left to stop, but a run that does not end can still be ended.
      const stopped = globalThis.stopIntegrationServers?.() ?? Promise.resolve();
      void stopped.finally(() => process.exit(130));
    });
  }
}

/** Makes the database that every test file copies, on a server that need not outlive a crash of the machine. */
async function prepare(url) {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  await admin.query('alter system set fsync = off');
  await admin.query('select pg_reload_conf()');
  await admin.query('create database it_template');
  await admin.end();
  const database = openDatabase({
    url: Object.assign(new URL(url), { pathname: '/it_template' }).href,
    size: 1,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 30_000,
    onError: () => {},
  });
  await migrate(database);
  await database.close();
}
