// Schemathesis against the live server: requests made from its own OpenAPI document, good and bad, with every check.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';
import { freePort } from '../dist/embedded/tcp-ports.js';
import { provideTemporalCli } from '../dist/embedded/programs.js';
import { createLifetime } from './lifetime.mjs';
import { startProgram } from './programs.mjs';
import { printFindings, readLog } from './schemathesis/faults.mjs';
import { provideSchemathesis } from './schemathesis/tool.mjs';

const USAGE = 'usage: npm run test:schemathesis -- [--seconds 600] [--workers 1] [--seed N] [--keep]   (10 to 7200 s)';
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const CONFIG = fileURLToPath(new URL('./schemathesis/schemathesis.toml', import.meta.url));
const PREPARING_MS = 900_000;
const SETTLING_MS = 60_000;
// Schemathesis ends the request that it is at, and shrinks what it found.
const ENDING_MS = 300_000;

const { values } = parseArgs({
  options: {
    seconds: { type: 'string', default: '600' },
    workers: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    keep: { type: 'boolean', default: false },
  },
});
const [seconds, workers, seed] = [values.seconds, values.workers, values.seed].map(Number);
if (![seconds, workers, seed].every(Number.isInteger) || seconds < 10 || seconds > 7_200 || workers < 1) {
  console.error(USAGE);
  process.exit(2);
}

const lifetime = createLifetime();
const home = await mkdtemp(join(tmpdir(), 'holdfast-schemathesis-'));
let faults = 1;
try {
  faults = await lifetime.bounded(measure(), PREPARING_MS + seconds * 1000 + ENDING_MS + SETTLING_MS);
} catch (error) {
  console.error(`✖ ${error.message}`);
}
await lifetime.stopAll();
if (values.keep || faults > 0) console.log(`The server's log and the report are in ${home}.`);
else await rm(home, { recursive: true, force: true });
console.log(faults === 0 ? '✔ No fault was found.' : '✖ There are faults.');
process.exit(faults === 0 ? 0 : 1);

/** @returns how many kinds of fault were found */
async function measure() {
  const tool = await provideSchemathesis(console.log);
  await provideTemporalCli({
    ...(process.env.HOLDFAST_TEMPORAL_CLI ? { override: process.env.HOLDFAST_TEMPORAL_CLI } : {}),
    cacheDirectory: process.env.HOLDFAST_CACHE || join(homedir(), '.cache', 'holdfast', 'bin'),
    report: console.log,
  });
  const environment = await environmentOf();
  const app = await lifetime.start('Holdfast', async () =>
    startProgram({
      file: MAIN,
      args: ['up'],
      environment,
      log: join(home, 'output.log'),
      readyUrl: `http://127.0.0.1:${environment.INTERNAL_PORT}/readyz`,
    }),
  );
  const judged = await runTool(tool, `http://127.0.0.1:${environment.PORT}`);
  const died = app.exitCode() !== null;
  if (died) console.log(`✖ Holdfast ended with ${app.exitCode()}`);
  await sleep(Math.min(SETTLING_MS, seconds * 100));
  const inLog = printFindings(await readLog(join(home, 'holdfast.log')));
  const booked = died ? 1 : await audit(environment);
  return [judged, died, inLog, booked].filter(Boolean).length;
}

/** Free ports, a fast gateway, and nothing that turns requests away because there are many. */
async function environmentOf() {
  const names = ['PORT', 'INTERNAL_PORT', 'POSTGRES_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'SANDBOX_PORT'];
  const ports = {};
  for (const name of names) ports[name] = String(await freePort());
  return {
    ...ports,
    HOLDFAST_HOME: home,
    ...(process.env.HOLDFAST_CACHE ? { HOLDFAST_CACHE: process.env.HOLDFAST_CACHE } : {}),
    ...(process.env.HOLDFAST_TEMPORAL_CLI ? { HOLDFAST_TEMPORAL_CLI: process.env.HOLDFAST_TEMPORAL_CLI } : {}),
    SANDBOX_LATENCY_MS: '1-20',
    DRAIN_TIMEOUT_MS: '5000',
    RATE_LIMIT_PER_KEY: '0',
    RATE_LIMIT_PER_CUSTOMER: '0',
    MAX_REQUESTS: '10000',
    MAX_CHECKOUTS: '10000',
    MAX_OPEN_ORDERS: '10000000',
    ACCEPT_TARGET_MS: '60000',
  };
}

/** @returns its exit code */
async function runTool(program, api) {
  const key = await readFile(join(home, 'api-key'), 'utf8').catch(() => undefined);
  const args = ['--config-file', CONFIG, 'run', `${api}/openapi.json`];
  args.push('--max-time', String(seconds), '--workers', String(workers), '--seed', String(seed));
  args.push('--report', 'json,ndjson', '--report-dir', join(home, 'report'), '--generation-database', 'none');
  if (key !== undefined) args.push('--header', `Authorization: Bearer ${key.trim()}`);
  // Its own process group: Ctrl-C reaches us, and we end it.
  const child = spawn(program, args, { detached: true, stdio: ['ignore', 'inherit', 'inherit'], cwd: home });
  const ended = once(child, 'exit');
  await lifetime.start('Schemathesis', async () => ({ stop: () => cut(child, ended) }));
  const [code] = await ended;
  return code ?? 1;
}

async function cut(child, ended) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGINT');
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000);
  await ended;
  clearTimeout(timer);
}

/** @returns the exit code of `holdfast audit` */
async function audit(environment) {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME, ...environment };
  const asked = promisify(execFile)(process.execPath, [MAIN, 'audit'], { env, timeout: SETTLING_MS });
  const { stdout, code = 0 } = await asked.catch((error) => ({ stdout: `${error.stdout}${error.stderr}`, code: 1 }));
  console.log(`\nholdfast audit:\n${stdout.trimEnd()}`);
  return code;
}
