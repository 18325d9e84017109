// `holdfast up`: everything on this machine, for development. Never imported by `serve`.

import { randomBytes } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Logger } from 'pino';
import { createCatalog } from '../../adapters/postgres/catalog/catalog.js';
import { migrate } from '../../adapters/postgres/migrate.js';
import type { Tracing } from '../../adapters/opentelemetry/tracing.js';
import type { Config } from '../../config.js';
import { startPostgres } from '../../embedded/postgres.js';
import { provideTemporalCli } from '../../embedded/programs.js';
import { startTemporal } from '../../embedded/temporal.js';
import { SEARCH_ATTRIBUTES } from '../../workflows/contract.js';
import { withDatabase } from '../database.js';
import type { Lifetime } from '../shutdown.js';
import { banner } from './banner.js';
import { requireFreePorts } from './free-ports.js';
import type { Home } from './home.js';
import { ensureOwnKey, type OwnKey } from '../keys/own-key.js';
import { startSandboxProcess } from './sandbox-process.js';
import { FIRST_PRODUCTS } from './seeds.js';
import { gatewayOf } from '../serve/gateway-registry.js';
import { watchServer, type WatchedServer } from './watch-server.js';
import { startRoles } from '../serve/roles.js';

export interface UpOptions {
  config: Config;
  home: Home;
  log: Logger;
  tracing?: Tracing | undefined;
  lifetime: Lifetime;
  say: (line: string) => void;
  warn: (line: string) => void;
}

/** Everything on one machine: servers that the configuration does not name are started here, and end with us. */
export async function up({ config, home, log, tracing, lifetime, say, warn }: UpOptions): Promise<void> {
  const { directory } = home;
  const ports = await requireFreePorts(config, home);
  await home.remember(ports);

  const databaseUrl = config.DATABASE_URL ?? (await ownPostgres());
  const temporal = config.TEMPORAL_ADDRESS === undefined ? await ownTemporal() : undefined;
  const eventSecrets = config.SANDBOX_EVENT_SECRETS ?? (await ownEventSecret(directory));
  const needsSandbox = gatewayOf(config).needs.includes('SANDBOX_URL');
  const sandboxUrl = config.SANDBOX_URL ?? (needsSandbox ? await ownSandbox() : undefined);
  const { fresh, key } = await prepareDatabase(databaseUrl, directory, config.GATEWAY);
  lifetime.signal.throwIfAborted();

  await startRoles({
    config: {
      ...config,
      NOTIFIERS: config.NOTIFIERS ?? ['log'],
      SANDBOX_URL: sandboxUrl,
      SANDBOX_EVENT_SECRETS: eventSecrets,
      TEMPORAL_UI_URL: config.TEMPORAL_UI_URL ?? temporal?.uiUrl,
    },
    roles: ['api', 'worker'],
    databaseUrl,
    temporalAddress: temporal?.address ?? config.TEMPORAL_ADDRESS ?? '',
    log,
    tracing,
    lifetime,
  });
  lifetime.signal.throwIfAborted();
  say(banner(config, { sandboxUrl, uiUrl: temporal?.uiUrl, home: directory, fresh, key }));

  function watch(name: string, server: WatchedServer): void {
    watchServer(name, server, lifetime.signal, (error) => {
      warn(`✖ ${error.message}`);
      lifetime.end(error);
    });
  }

  async function ownPostgres(): Promise<string> {
    const started = Date.now();
    const options = { directory: join(directory, 'postgres'), port: config.POSTGRES_PORT, report: say };
    const server = await lifetime.start('postgresql', (signal) => startPostgres({ ...options, signal }));
    watch('PostgreSQL', server);
    say(`✔ PostgreSQL ${server.outcome} on port ${server.port} (${Date.now() - started} ms)`);
    return server.url;
  }

  async function ownTemporal() {
    const { executable } = await lifetime.start('temporal cli', async (signal) => {
      const path = await provideTemporalCli({
        ...(config.HOLDFAST_TEMPORAL_CLI === undefined ? {} : { override: config.HOLDFAST_TEMPORAL_CLI }),
        cacheDirectory: config.HOLDFAST_CACHE ?? defaultCache(directory),
        report: say,
        signal,
      });
      return { executable: path, stop: async () => {} };
    });
    const started = Date.now();
    const options = {
      executable,
      directory: join(directory, 'temporal'),
      port: config.TEMPORAL_PORT,
      uiPort: config.TEMPORAL_UI_PORT,
      namespace: config.TEMPORAL_NAMESPACE,
      searchAttributes: SEARCH_ATTRIBUTES,
      report: say,
    };
    const server = await lifetime.start('temporal', (signal) => startTemporal({ ...options, signal }));
    watch('Temporal', server);
    say(`✔ Temporal ${server.outcome} at ${server.address} (${Date.now() - started} ms)`);
    return server;
  }

  async function ownSandbox(): Promise<string> {
    const options = {
      directory,
      port: config.SANDBOX_PORT,
      successRate: config.SANDBOX_SUCCESS_RATE,
      latencyMs: config.SANDBOX_LATENCY_MS,
      events: { url: `http://127.0.0.1:${config.PORT}/webhooks/payments/sandbox`, secrets: eventSecrets.split(',') },
    };
    const sandbox = await lifetime.start('sandbox', (signal) => startSandboxProcess({ ...options, signal }));
    watch('The payment sandbox', sandbox);
    say(`✔ Payment sandbox at ${sandbox.url}`);
    return sandbox.url;
  }
}

/** Shared by all working copies of this user; without a home directory, programs are kept beside the data. */
function defaultCache(home: string): string {
  try {
    return join(homedir(), '.cache', 'holdfast', 'bin');
  } catch {
    return join(home, 'bin');
  }
}

/** A secret that only this home's sandbox and API share, created at the first start. */
async function ownEventSecret(home: string): Promise<string> {
  const file = join(home, 'sandbox-event-secret');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept !== '') return kept.trim();
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/** @returns whether this database was empty and got the first products, and the key that opens the API */
async function prepareDatabase(
  databaseUrl: string,
  home: string,
  gateway: string,
): Promise<{ fresh: boolean; key: OwnKey }> {
  return withDatabase(databaseUrl, async (database) => {
    await migrate(database, undefined, gateway);
    const catalog = createCatalog(database);
    const fresh = await catalog.isEmpty();
    if (fresh) await catalog.seed(FIRST_PRODUCTS);
    return { fresh, key: await ensureOwnKey(home, database) };
  });
}
