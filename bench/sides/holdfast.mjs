import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { freePort } from '../../dist/embedded/tcp-ports.js';
import { PRODUCTS } from '../goods.mjs';
import { processesWith } from '../processes.mjs';
import { startProgram } from '../programs.mjs';
import { startReceiver } from '../receiver.mjs';
import { measuredSide } from './measured-side.mjs';

const OWN_TREE = fileURLToPath(new URL('../../', import.meta.url));
const PORTS = ['PORT', 'INTERNAL_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT', 'SANDBOX_PORT'];
// PostgreSQL's first start, and then everything else, on a machine that may be busy.
const READY_MS = 240_000;
const STOP_MS = 90_000;

/**
 * Holdfast as `npm start` starts it, in a home of its own, with one webhook endpoint: PostgreSQL, Temporal, the sandbox
 * that sends its signed events, notices to the log, API and worker.
 * @param tree the checkout whose build runs
 * @param environment settings other than the defaults
 * @param temporal a server that runs already, with its address and process
 */
export async function startHoldfast(
  lifetime,
  directory,
  { name = 'Holdfast', prefix = 'h', tree = OWN_TREE, environment = {}, nodeOptions = [], temporal } = {},
) {
  const home = join(directory, `home-${prefix}`);
  const ports = {};
  for (const port of PORTS) ports[port] = String(await freePort());
  const settings = {
    ...ports,
    HOLDFAST_HOME: home,
    // The receiver is on this machine.
    WEBHOOK_ALLOW_PRIVATE: 'true',
    ...(process.env.HOLDFAST_TEMPORAL_CLI ? { HOLDFAST_TEMPORAL_CLI: process.env.HOLDFAST_TEMPORAL_CLI } : {}),
    ...(process.env.HOLDFAST_CACHE ? { HOLDFAST_CACHE: process.env.HOLDFAST_CACHE } : {}),
    ...(temporal ? { TEMPORAL_ADDRESS: temporal.address } : {}),
    ...environment,
  };
  const file = join(tree, 'dist/main.js');
  const app = await lifetime.start(name, async () => {
    const program = await startProgram({
      file,
      args: ['up'],
      nodeOptions,
      environment: settings,
      log: join(directory, `app-${prefix}.log`),
      readyUrl: `http://127.0.0.1:${ports.INTERNAL_PORT}/readyz`,
      readyMs: READY_MS,
      stopMs: STOP_MS,
    });
    return { ...program, stop: () => program.stop().finally(() => endAll(home)) };
  });
  await seed({ directory, file, home, prefix });
  const key = (await readFile(join(home, 'api-key'), 'utf8')).trim();
  const url = `http://127.0.0.1:${ports.PORT}/v1/orders`;
  const headers = { authorization: `Bearer ${key}` };
  await startReceiver(lifetime, { name, url: new URL('/v1/webhook-endpoints', url), headers });
  return measuredSide(lifetime, {
    name,
    prefix,
    databaseUrl: `postgres://holdfast@127.0.0.1:${ports.POSTGRES_PORT}/holdfast`,
    temporalAddress: temporal?.address ?? `127.0.0.1:${ports.TEMPORAL_PORT}`,
    internalUrl: `http://127.0.0.1:${ports.INTERNAL_PORT}`,
    ledger: join(home, 'sandbox-ledger.jsonl'),
    url,
    headers,
    waits: true,
    hasWebhooks: true,
    /** The process that is measured, and where it keeps its servers. */
    pid: app.pid,
    home,
    stop: app.stop,
    exitCode: app.exitCode,
    parts: { app: [app.pid], ...serversOf(home, temporal) },
  });
}

async function seed({ directory, file, home, prefix }) {
  const seeds = join(directory, `seeds-${prefix}.json`);
  const products = PRODUCTS.map(({ unitPriceMinor, onHand, ...product }) => ({
    ...product,
    unit_price_minor: unitPriceMinor,
    on_hand: onHand,
  }));
  await writeFile(seeds, JSON.stringify(products));
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, HOLDFAST_HOME: home };
  await promisify(execFile)(process.execPath, [file, 'seed', seeds], { env });
}

/** The servers that an `up` has started in its home, by what is on their command line. */
function serversOf(home, temporal) {
  const one = (text, program) => {
    const found = processesWith(text).filter(({ command }) => command.split(' ')[0].endsWith(program));
    if (found.length === 0) throw new Error(`no ${program} runs in ${home}`);
    return found.map(({ pid }) => pid).slice(0, 1);
  };
  return {
    temporal: temporal ? [temporal.pid] : one(join(home, 'temporal', 'temporal.db'), 'temporal'),
    postgres: one(`-D ${join(home, 'postgres')}`, 'postgres'),
    sandbox: one(join(home, 'sandbox-ledger.jsonl'), 'node'),
  };
}

/** What a process that had to be killed left behind. */
function endAll(home) {
  for (const { pid } of processesWith(home).filter(({ pid }) => pid !== process.pid)) {
    try {
      process.kill(pid, 'SIGKILL');
    } catch {
      // It has ended.
    }
  }
}
