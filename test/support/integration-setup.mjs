import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../dist/embedded/tcp-ports.js';
import { startPostgres } from '../../dist/embedded/postgres.js';
import { provideTemporalCli } from '../../dist/embedded/programs.js';
import { startTemporal } from '../../dist/embedded/temporal.js';

const report = (line) => process.stderr.write(`${line}\n`);

/**
 * One PostgreSQL and one Temporal for all integration tests. Their whereabouts are in HOLDFAST_IT_POSTGRES_URL and
 * HOLDFAST_IT_TEMPORAL_ADDRESS, the path of the Temporal CLI in HOLDFAST_TEMPORAL_CLI.
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
    const postgres = await startPostgres({ directory: join(directory, 'postgres'), port: await freePort(), report });
    servers.push(postgres);
    const temporal = await startTemporal({
      executable,
      directory: join(directory, 'temporal'),
      port: await freePort(),
      uiPort: await freePort(),
      namespace: 'default',
      searchAttributes: { OrderOutcome: 'Keyword' },
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
      void globalThis.stopIntegrationServers?.().finally(() => process.exit(130));
    });
  }
}
