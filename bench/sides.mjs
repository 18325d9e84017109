import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createApiKeyStore } from '../dist/adapters/postgres/api-keys.js';
import { createCatalog } from '../dist/adapters/postgres/catalog/catalog.js';
import { migrate } from '../dist/adapters/postgres/migrate.js';
import { hashOf, mintApiKey } from '../dist/api/access/api-key.js';
import { withDatabase } from '../dist/commands/database.js';
import { freePort } from '../dist/embedded/tcp-ports.js';
import { ensureDatabase } from '../dist/embedded/postgres-probe.js';
import { startPostgres } from '../dist/embedded/postgres.js';
import { provideTemporalCli } from '../dist/embedded/programs.js';
import { startTemporal } from '../dist/embedded/temporal.js';
import { cpuMs } from './cpu.mjs';
import { PRODUCTS } from './goods.mjs';
import { startProgram } from './programs.mjs';
import { watchSettlement } from './settlement.mjs';
import { prepareTextbook } from './textbook/database.mjs';

const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const report = () => {};

/** Starts what both sides share, PostgreSQL and the payment sandbox, then each side. */
export async function startSides(lifetime, directory, { tunedTextbook }) {
  const shared = await startShared(lifetime, directory);
  const holdfast = await startHoldfast(shared);
  const textbook = await startTextbook(shared, tunedTextbook);
  return { sides: [holdfast, textbook], ledger: shared.ledger };
}

/** PostgreSQL, the payment sandbox, and where Temporal's program is. */
export async function startShared(lifetime, directory) {
  const postgres = await lifetime.start('PostgreSQL', async () =>
    startPostgres({ directory: join(directory, 'postgres'), port: await freePort(), report }),
  );
  const sandboxPort = await freePort();
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  const ledger = join(directory, 'ledger.jsonl');
  const sandbox = await lifetime.start('sandbox', async () =>
    startProgram({
      file: at('../dist/sandbox/main.js'),
      args: ['--port', String(sandboxPort), '--ledger', ledger],
      log: join(directory, 'sandbox.log'),
      readyUrl: `${sandboxUrl}/healthz`,
    }),
  );
  const executable = await provideTemporalCli({
    ...(process.env.HOLDFAST_TEMPORAL_CLI ? { override: process.env.HOLDFAST_TEMPORAL_CLI } : {}),
    cacheDirectory: process.env.HOLDFAST_CACHE || join(homedir(), '.cache', 'holdfast', 'bin'),
    report: console.log,
  });
  return { lifetime, directory, postgres, sandbox, sandboxUrl, executable, ledger };
}

/**
 * Holdfast on a Temporal server of its own.
 * @param environment settings other than the defaults
 */
export async function startHoldfast(shared, environment = {}) {
  const key = mintApiKey();
  return startSide(shared, {
    name: 'Holdfast',
    prefix: 'h',
    tuned: true,
    databaseUrl: shared.postgres.url,
    prepare: (url) =>
      withDatabase(url, async (database) => {
        await migrate(database);
        await createCatalog(database).seed(PRODUCTS);
        await createApiKeyStore(database).add({
          id: key.id,
          name: 'bench',
          hash: hashOf(key),
          scopes: ['orders', 'operations', 'catalog'],
        });
      }),
    program: { file: at('../dist/main.js'), args: ['serve'] },
    health: 'INTERNAL_PORT',
    headers: { authorization: `Bearer ${key.text}` },
    // A benchmark of orders, not of refusals.
    environment: { MAX_CHECKOUTS: '1000', ACCEPT_TARGET_MS: '60000', ...environment },
  });
}

async function startTextbook(shared, tuned) {
  const { postgres } = shared;
  await ensureDatabase(postgres.port, 'textbook');
  const textbookUrl = new URL(postgres.url);
  textbookUrl.pathname = '/textbook';
  return startSide(shared, {
    name: 'textbook',
    prefix: 't',
    tuned,
    databaseUrl: textbookUrl.href,
    prepare: (url) => prepareTextbook(url, PRODUCTS),
    program: { file: at('./textbook/app.mjs') },
    health: 'PORT',
  });
}

async function startSide(
  shared,
  { name, prefix, tuned, databaseUrl, prepare, program, health, headers = {}, environment = {} },
) {
  const { lifetime, directory, postgres, sandbox, sandboxUrl, executable } = shared;
  await prepare(databaseUrl);
  const temporal = await lifetime.start(`Temporal of ${name}`, async () =>
    startTemporal({
      executable,
      directory: join(directory, `temporal-${prefix}`),
      port: await freePort(),
      uiPort: await freePort(),
      namespace: 'default',
      searchAttributes: {},
      tuned,
      report,
    }),
  );
  const ports = { PORT: String(await freePort()), INTERNAL_PORT: String(await freePort()) };
  const app = await lifetime.start(name, async () =>
    startProgram({
      ...program,
      environment: {
        ...ports,
        DATABASE_URL: databaseUrl,
        TEMPORAL_ADDRESS: temporal.address,
        SANDBOX_URL: sandboxUrl,
        ...environment,
      },
      log: join(directory, `app-${prefix}.log`),
      readyUrl: `http://127.0.0.1:${ports[health]}/readyz`,
    }),
  );
  const settlement = await lifetime.start(`watch over ${name}`, async () => watchSettlement(databaseUrl));
  const isWatch = (commandLine) => commandLine.includes(`(${settlement.localPort})`);
  return {
    name,
    prefix,
    databaseUrl,
    temporalAddress: temporal.address,
    url: `http://127.0.0.1:${ports.PORT}/v1/orders`,
    /** What each request carries. */
    headers,
    /** The process that is measured. */
    pid: app.pid,
    stop: app.stop,
    exitCode: app.exitCode,
    settlement,
    /** Every checkout that was posted, oldest first. */
    accepted: [],
    cpu: () => ({
      app: cpuMs(app.pid),
      temporal: cpuMs(temporal.pid),
      postgres: cpuMs(postgres.pid, isWatch),
      sandbox: cpuMs(sandbox.pid),
    }),
  };
}
