import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Logger } from 'pino';
import { createCatalogue } from '../../adapters/postgres/catalogue/catalogue.js';
import { migrate } from '../../adapters/postgres/migrate.js';
import type { Tracing } from '../../adapters/opentelemetry/tracing.js';
import type { Config } from '../../config.js';
import { startPostgres } from '../../embedded/postgres.js';
import { provideTemporalCli } from '../../embedded/programs.js';
import { startTemporal } from '../../embedded/temporal.js';
import { ORDER_OUTCOME } from '../../workflows/contract.js';
import { withDatabase } from '../database.js';
import type { Lifetime } from '../lifetime.js';
import { ensureOwnKey, type OwnKey } from '../keys/own-key.js';
import { startSandboxProcess } from './sandbox-process.js';
import { FIRST_PRODUCTS } from './seeds.js';
import { startRoles } from '../serve/roles.js';

export interface UpOptions {
  config: Config;
  log: Logger;
  tracing?: Tracing | undefined;
  lifetime: Lifetime;
  say: (line: string) => void;
}

/** Everything on one machine: what is not configured to be elsewhere is started here, and ended with us. */
export async function up({ config, log, tracing, lifetime, say }: UpOptions): Promise<void> {
  const home = resolve(config.HOLDFAST_HOME);
  await mkdir(home, { recursive: true });

  const databaseUrl = config.DATABASE_URL ?? (await ownPostgres());
  const temporal = config.TEMPORAL_ADDRESS === undefined ? await ownTemporal() : undefined;
  const sandboxEventSecrets = config.SANDBOX_EVENT_SECRETS?.split(',') ?? [await ownEventSecret(home)];
  const sandboxUrl = config.SANDBOX_URL ?? (await ownSandbox());
  const { fresh, key } = await prepareDatabase(databaseUrl, home);

  await startRoles({
    config: { ...config, NOTIFIERS: config.NOTIFIERS ?? ['log'] },
    roles: ['api', 'worker'],
    databaseUrl,
    temporalAddress: temporal?.address ?? config.TEMPORAL_ADDRESS ?? '',
    sandboxUrl,
    sandboxEventSecrets,
    log,
    tracing,
    lifetime,
  });
  say(banner(config, { sandboxUrl, uiUrl: temporal?.uiUrl, home, fresh, key }));

  async function ownPostgres(): Promise<string> {
    const started = Date.now();
    const server = await startPostgres({ directory: join(home, 'postgres'), port: config.POSTGRES_PORT, report: say });
    lifetime.onClose('postgresql', () => server.stop());
    say(`✔ PostgreSQL ${server.outcome} on port ${server.port} (${Date.now() - started} ms)`);
    return server.url;
  }

  async function ownTemporal() {
    const executable = await provideTemporalCli({
      ...(config.HOLDFAST_TEMPORAL_CLI === undefined ? {} : { override: config.HOLDFAST_TEMPORAL_CLI }),
      cacheDirectory: config.HOLDFAST_CACHE,
      report: say,
    });
    const started = Date.now();
    const server = await startTemporal({
      executable,
      directory: join(home, 'temporal'),
      port: config.TEMPORAL_PORT,
      uiPort: config.TEMPORAL_UI_PORT,
      namespace: config.TEMPORAL_NAMESPACE,
      searchAttributes: { [ORDER_OUTCOME.name]: 'Keyword' },
      report: say,
    });
    lifetime.onClose('temporal', () => server.stop());
    say(`✔ Temporal ${server.outcome} at ${server.address} (${Date.now() - started} ms)`);
    return server;
  }

  async function ownSandbox(): Promise<string> {
    const sandbox = await startSandboxProcess({
      directory: home,
      port: config.SANDBOX_PORT,
      successRate: config.SANDBOX_SUCCESS_RATE,
      latencyMs: config.SANDBOX_LATENCY_MS,
      events: { url: `http://127.0.0.1:${config.PORT}/webhooks/payments/sandbox`, secrets: sandboxEventSecrets },
    });
    lifetime.onClose('sandbox', () => sandbox.stop());
    say(`✔ Payment sandbox at ${sandbox.url}`);
    return sandbox.url;
  }
}

/** A secret that only this home's sandbox and API share, kept from the first start on. */
async function ownEventSecret(home: string): Promise<string> {
  const file = join(home, 'sandbox-event-secret');
  const kept = await readFile(file, 'utf8').catch(() => '');
  if (kept !== '') return kept.trim();
  const secret = `whsec_${randomBytes(32).toString('base64')}`;
  await writeFile(file, `${secret}\n`, { mode: 0o600 });
  return secret;
}

/** @returns whether this database was empty and got the first products, and the key that opens the API */
async function prepareDatabase(databaseUrl: string, home: string): Promise<{ fresh: boolean; key: OwnKey }> {
  return withDatabase(databaseUrl, async (database) => {
    await migrate(database);
    const catalogue = createCatalogue(database);
    const fresh = await catalogue.isEmpty();
    if (fresh) await catalogue.seed(FIRST_PRODUCTS);
    return { fresh, key: await ensureOwnKey(home, database) };
  });
}

interface BannerFacts {
  sandboxUrl: string;
  uiUrl: string | undefined;
  home: string;
  fresh: boolean;
  key: OwnKey;
}

function banner(config: Config, { sandboxUrl, uiUrl, home, fresh, key }: BannerFacts): string {
  const api = `http://localhost:${config.PORT}`;
  const checkout = {
    order_id: 'demo-1',
    customer_id: 'customer-1',
    currency: 'EUR',
    items: [{ sku: 'product-A', quantity: 1 }],
    payment: { method: 'pm_ok' },
  };
  // Read from the file each time: the key stays out of the shell's history.
  const authorized = `curl -H "Authorization: Bearer $(cat '${key.file}')"`;
  return [
    fresh ? '✔ First start: product-A (10 in stock), product-B (5) and product-C (0) are in the catalogue' : '',
    ...(key.made === undefined ? [] : [`✔ An API key with all scopes: ${key.made}`]),
    ...(key.fault === undefined ? [] : [`✖ The API key of ${key.file} does not work: ${key.fault}`]),
    '',
    `  API              ${api}`,
    `  API key          ${key.file}`,
    ...(uiUrl === undefined ? [] : [`  Temporal Web UI  ${uiUrl}`]),
    `  Payment sandbox  ${sandboxUrl}/v1/ledger`,
    `  Health           http://localhost:${config.INTERNAL_PORT}/readyz`,
    `  Data and logs    ${home}`,
    '',
    'Place an order:',
    '',
    `  ${authorized} -i ${api}/v1/orders -H 'Content-Type: application/json' \\`,
    `    -d '${JSON.stringify(checkout)}'`,
    '',
    'and look at it:',
    '',
    `  ${authorized} ${api}/v1/orders/demo-1`,
    '',
    'Ctrl-C drains and stops everything; the next start finds all orders again.',
  ].join('\n');
}
