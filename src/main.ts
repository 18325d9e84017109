#!/usr/bin/env node
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import { createCatalog } from './adapters/postgres/catalog/catalog.js';
import { migrate } from './adapters/postgres/migrate.js';
import { addApiCommands } from './commands/client/api-commands.js';
import { configCommand, strayTexts } from './commands/config-command.js';
import { configHere, givenHere } from './commands/config-here.js';
import { databaseUrlOf, withDatabase } from './commands/database.js';
import { importCommand } from './commands/import/import-command.js';
import { startLifetime } from './commands/shutdown.js';
import { startLogging } from './commands/logger.js';
import { FIRST_PRODUCTS, readSeedFile } from './commands/up/seeds.js';
import { addKeyCommands } from './commands/keys/key-commands.js';
import { gatewayOf } from './commands/serve/gateway-registry.js';
import type { Role } from './commands/serve/roles.js';
import { tracingOf } from './commands/serve/start-tracing.js';
import { keepOthersOut } from './embedded/own-process.js';
import { takeHome } from './commands/up/home.js';
import { readConfig, type Config } from './config.js';

const ROLES: readonly Role[] = ['api', 'worker'];
// In addition to the drain: for parts that do not wait for requests, such as PostgreSQL's shutdown.
const CLOSING_MARGIN_MS = 35_000;

const program = new Command('holdfast')
  .description('Durable order processing on Temporal.')
  .version(versionOf(), '-V, --version', 'show the version')
  .showHelpAfterError('See "holdfast --help", or "holdfast <command> --help".');

program
  .command('up')
  .description('start everything on this machine: PostgreSQL, Temporal, the payment sandbox, API and worker')
  .action(async () => {
    // Loaded only where it is needed, so that no other command waits for the Temporal SDK.
    const { up } = await import('./commands/up/up.js');
    const config = readConfig();
    const tracing = await tracingOf(config);
    keepOthersOut({ ownDatabase: config.DATABASE_URL === undefined });
    const say = (line: string) => console.log(line);
    const warn = (line: string) => console.error(line);
    const home = await takeHome(config.HOLDFAST_HOME);
    const file = join(home.directory, 'holdfast.log');
    const log = startLogging(config.LOG_LEVEL, { file, fields: tracing?.logFields, warn });
    const onImpatience = () => say('Still stopping: finishing work in progress first.');
    const lifetime = startLifetime({ log, partDeadlineMs: partDeadlineMs(config), onImpatience });
    for (const stray of strayTexts()) say(`! ${stray}`);
    lifetime.onClose('home', () => home.release());
    lifetime.onClose('goodbye', async () => say('Stopped.'));
    await up({ config, home, log, tracing, lifetime, say, warn }).catch((error: Error) => {
      if (lifetime.signal.aborted) return;
      warn(`✖ ${error.message}`);
      lifetime.end(error);
    });
  });

program
  .command('serve')
  .description('run the API, the worker or both against the servers that the environment names')
  .option('--roles <roles>', 'api, worker, or both with a comma', parseRoles, [...ROLES])
  .action(async ({ roles }: { roles: Role[] }) => {
    const config = readConfig();
    const servers = serversOf(config);
    const { startRoles } = await import('./commands/serve/roles.js');
    const tracing = await tracingOf(config);
    const log = startLogging(config.LOG_LEVEL, { fields: tracing?.logFields, warn: (line) => console.error(line) });
    for (const stray of strayTexts()) log.warn(stray);
    const lifetime = startLifetime({ log, partDeadlineMs: partDeadlineMs(config) });
    await startRoles({
      config,
      roles,
      ...servers,
      log,
      tracing,
      lifetime,
    }).catch((error: Error) => {
      if (!lifetime.signal.aborted) lifetime.end(error);
    });
  });

program
  .command('migrate')
  .description('upgrade the database to the newest schema')
  .action(async () => {
    const waiting = () => console.error('Another process is migrating this database; waiting for it.');
    const config = await configHere();
    const applied = await withDatabase(databaseUrlOf(config), (database) => migrate(database, waiting, config.GATEWAY));
    console.log(applied.length === 0 ? 'The schema is up to date.' : `Applied ${applied.join(', ')}.`);
  });

program
  .command('seed')
  .description('add products and raise their stock from a JSON file; safe to run again')
  .argument(
    '[file]',
    'an array of { sku, name, currency, unit_price_minor, on_hand }; without it, the three demo products',
  )
  .action(async (file?: string) => {
    const products = file === undefined ? FIRST_PRODUCTS : await readSeedFile(file);
    await withDatabase(databaseUrlOf(await configHere()), (database) => createCatalog(database).seed(products));
    console.log(`${products.length} products are in the catalog, with at least the requested stock.`);
  });

program
  .command('import')
  .description('add and update products from a CSV file; safe to run again; exit code 1 if a line failed')
  .argument(
    '<file>',
    'its first line names sku, name, currency, unit_price_minor and optionally active and on_hand; - for standard input',
  )
  .option('--errors <file>', 'write the lines that failed there, with the reasons, to be corrected and imported')
  .option('--actor <name>', 'the person whom the stock movements name (default: the account that runs this)')
  .option('--raise-stock', 'also raise the stock of existing products to on_hand', false)
  .action(async (file: string, options: { errors?: string; actor?: string; raiseStock: boolean }) => {
    const databaseUrl = databaseUrlOf(await configHere());
    const print = { say: (line: string) => console.log(line), warn: (line: string) => console.error(line) };
    process.exitCode = await importCommand({ databaseUrl, file, ...options, ...print });
  });

program
  .command('audit')
  .description('check that database, workflows and gateway agree; exit code 1 if they do not')
  .action(async () => {
    const { auditNow } = await import('./commands/audit-now.js');
    process.exitCode = await auditNow(await configHere(), (line) => console.log(line));
  });

addKeyCommands(program, async (work) => withDatabase(databaseUrlOf(await configHere()), work), {
  say: (line) => console.log(line),
  tell: (line) => console.error(line),
});

addApiCommands(program, configHere, (line) => console.log(line));

program
  .command('config')
  .description('show the effective configuration, with secrets hidden; exit code 1 if it has faults')
  .option('--json', 'as JSON', false)
  .action(async (options: { json: boolean }) => {
    process.exitCode = configCommand(options, await givenHere(), {
      say: (line) => console.log(line),
      warn: (line) => console.error(line),
    });
  });

await program.parseAsync().catch((error: Error) => {
  console.error(`✖ ${error.message}`);
  process.exitCode = 1;
});

function parseRoles(value: string): Role[] {
  const roles = ROLES.filter((role) => value.split(',').includes(role));
  if (roles.join() !== value.split(',').sort().join()) throw new InvalidArgumentError('Use api, worker or api,worker.');
  return roles;
}

function partDeadlineMs({ DRAIN_DELAY_MS, DRAIN_TIMEOUT_MS }: Config): number {
  return DRAIN_DELAY_MS + DRAIN_TIMEOUT_MS + CLOSING_MARGIN_MS;
}

function versionOf(): string {
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string;
  };
  return version;
}

function serversOf(config: Config) {
  const { DATABASE_URL: databaseUrl, TEMPORAL_ADDRESS: temporalAddress } = config;
  const names = ['DATABASE_URL', 'TEMPORAL_ADDRESS', ...gatewayOf(config).needs] as const;
  const missing = names.filter((name) => config[name] === undefined);
  if (databaseUrl === undefined || temporalAddress === undefined || missing.length > 0) {
    throw new Error(`Not set: ${missing.join(', ')}; "serve" takes its servers from the environment`);
  }
  return { databaseUrl, temporalAddress };
}
