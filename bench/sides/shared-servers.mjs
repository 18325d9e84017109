import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../dist/embedded/tcp-ports.js';
import { ensureDatabase } from '../../dist/embedded/postgres-probe.js';
import { startPostgres } from '../../dist/embedded/postgres.js';
import { provideTemporalCli } from '../../dist/embedded/programs.js';
import { startTemporal } from '../../dist/embedded/temporal.js';
import { startProgram } from '../programs.mjs';

const SANDBOX = fileURLToPath(new URL('../../dist/sandbox/main.js', import.meta.url));
const report = () => {};

/** What all sides but `npm start` share: PostgreSQL with a database for each, and a sandbox that sends no events. */
export async function startShared(lifetime, directory) {
  const postgres = await lifetime.start('PostgreSQL', async () =>
    startPostgres({ directory: join(directory, 'postgres'), port: await freePort(), report }),
  );
  const sandbox = await startSandbox(lifetime, directory, 'shared');
  return { lifetime, directory, postgres, sandbox };
}

/** The URL of a database of the shared server, which is created. */
export async function newDatabase({ postgres }, name) {
  await ensureDatabase(postgres.port, name);
  return Object.assign(new URL(postgres.url), { pathname: `/${name}` }).href;
}

/** @param events where its signed events go, and the secret: `{ url, secret }` */
export async function startSandbox(lifetime, directory, name, events) {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const ledger = join(directory, `ledger-${name}.jsonl`);
  const { pid } = await lifetime.start(`sandbox ${name}`, () =>
    startProgram({
      file: SANDBOX,
      args: ['--port', String(port), '--ledger', ledger, ...(events ? ['--events-url', events.url] : [])],
      environment: events ? { SANDBOX_EVENT_SECRETS: events.secret } : {},
      log: join(directory, `sandbox-${name}.log`),
      readyUrl: `${url}/healthz`,
    }),
  );
  return { url, ledger, pid };
}

export async function temporalProgram() {
  return provideTemporalCli({
    ...(process.env.HOLDFAST_TEMPORAL_CLI ? { override: process.env.HOLDFAST_TEMPORAL_CLI } : {}),
    cacheDirectory: process.env.HOLDFAST_CACHE || join(homedir(), '.cache', 'holdfast', 'bin'),
    report: console.log,
  });
}

/** A development server of Temporal for one side; `tuned` as `npm start` starts it. */
export async function startTemporalFor(lifetime, directory, { name, prefix, tuned }) {
  const executable = await temporalProgram();
  return lifetime.start(`Temporal of ${name}`, async () =>
    startTemporal({
      executable,
      directory: join(directory, `temporal-${prefix}`),
      port: await freePort(),
      uiPort: await freePort(),
      namespace: 'default',
      searchAttributes: { OrderOutcome: 'Keyword' },
      tuned,
      report,
    }),
  );
}
