// What one order costs what npm start starts, counted, and where the time goes. See docs/performance.md.
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { Client } from 'pg';
import { freePort } from '../dist/embedded/tcp-ports.js';
import { startPostgres } from '../dist/embedded/postgres.js';
import { checkBooks, readLedger } from './books.mjs';
import { startCountingLine } from './costs/counting-line.mjs';
import { readProfiles } from './costs/profiles.mjs';
import { busiestStatements, readCounters, readPostgres, resetStatements } from './costs/server-counters.mjs';
import { summaryOf } from './costs/summary.mjs';
import { machineFacts } from './facts.mjs';
import { createLifetime, runToEnd } from './lifetime.mjs';
import { runRound } from './round.mjs';
import { startHoldfast } from './sides/holdfast.mjs';
import { startTemporalFor, temporalProgram } from './sides/shared-servers.mjs';

const LONGEST_MS = 900_000;
const RECORDING = new URL('./costs/record-profiles.mjs', import.meta.url).href;
// Long polls and heartbeats come with time, not with orders.
const BY_TIME = /^(Poll|RecordWorkerHeartbeat|ShutdownWorker|Describe|GetSystemInfo|GetClusterInfo)/;

const { values } = parseArgs({
  options: {
    clients: { type: 'string', default: '8' },
    seconds: { type: 'string', default: '15' },
    pprof: { type: 'string' },
    out: { type: 'string', default: '.holdfast/profile' },
  },
});
const [clients, seconds] = [Number(values.clients), Number(values.seconds)];
if (![clients, seconds].every((number) => Number.isInteger(number) && number >= 1 && number <= 300)) {
  console.error(
    'usage: npm run profile -- [--clients 8] [--seconds 15] [--out .holdfast/profile] [--pprof http://host:port]\n' +
      "  --pprof  the pprof port of a Temporal server; the CLI's development server has none",
  );
  process.exit(2);
}
const out = resolve(values.out);
const lifetime = createLifetime();
const directory = await mkdtemp(join(tmpdir(), 'holdfast-profile-'));
await runToEnd(lifetime, directory, profile, LONGEST_MS);

async function profile() {
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const metricsPort = await freePort();
  await keepStatements(join(directory, 'home-h', 'postgres'));
  process.env.HOLDFAST_TEMPORAL_CLI = await withMetrics(metricsPort);
  const temporal = await startTemporalFor(lifetime, directory, { name: 'Holdfast', prefix: 'h', tuned: true });
  const line = await lifetime.start('line to Temporal', () => startCountingLine(temporal.address));
  const side = await startHoldfast(lifetime, directory, {
    nodeOptions: [`--import=${RECORDING}`],
    environment: { PROFILES_DIRECTORY: out },
    temporal: { address: line.address, pid: temporal.pid },
  });
  const load = { clients, orders: 1_000_000 };
  await runRound(side, { ...load, seconds: 5 });

  const read = async () => ({
    postgres: await readPostgres(side.databaseUrl),
    calls: await readCounters(`${side.internalUrl}/metrics`, 'temporal_request_total', 'operation'),
    requests: await readCounters(`http://127.0.0.1:${metricsPort}/metrics`, 'service_requests', 'operation'),
    persistence: await readCounters(`http://127.0.0.1:${metricsPort}/metrics`, 'persistence_requests', 'operation'),
    bytes: line.bytes(),
  });
  await resetStatements(side.databaseUrl);
  const before = await read();
  const figures = await runRound(side, { ...load, seconds });
  const after = await read();
  const statements = await busiestStatements(side.databaseUrl, figures.orders);

  const server = values.pprof === undefined ? undefined : fetchProfile(values.pprof);
  process.kill(side.pid, 'SIGUSR2');
  await sleep(500);
  const recorded = await runRound(side, { ...load, seconds });
  process.kill(side.pid, 'SIGUSR2');
  const threads = await readProfiles(out);
  await server;

  const perOrder = (kind) => differencesOf(before[kind], after[kind], figures.orders);
  const calls = Object.entries(perOrder('calls')).filter(([name]) => !BY_TIME.test(name));
  const summary = {
    facts: await machineFacts([side]),
    figures,
    postgres: perOrder('postgres'),
    calls: Object.fromEntries(calls),
    bytes: perOrder('bytes'),
    requests: perOrder('requests'),
    persistence: perOrder('persistence'),
    statements,
    recordedOrders: recorded.orders,
    threads,
  };
  const text = summaryOf(summary);
  console.log(text);
  await writeFile(join(out, 'summary.md'), text);
  await writeFile(join(out, 'summary.json'), `${JSON.stringify(summary, undefined, 2)}\n`);
  console.log(`The profiles are in ${out}: *.cpuprofile and *.heapprofile open in Chrome's DevTools.`);
  const faults = await checkBooks(side, await readLedger(side.ledger));
  if (faults.length > 0) throw new Error(`the books have ${faults.length} faults, such as: ${faults[0]}`);
}

/** Lets the server that `npm start` will start in this directory keep statistics of statements. */
async function keepStatements(data) {
  const server = await startPostgres({ directory: data, port: await freePort(), report: () => {} });
  const client = new Client({ connectionString: server.url });
  await client.connect();
  await client.query(`alter system set shared_preload_libraries = 'pg_stat_statements'`);
  await client.query(`alter system set pg_stat_statements.track_planning = on`);
  await client.end();
  await server.stop();
}

/** A Temporal program that also serves its metrics. */
async function withMetrics(port) {
  const script = join(directory, 'temporal');
  await writeFile(script, `#!/bin/sh\nexec '${await temporalProgram()}' "$@" --metrics-port ${port}\n`);
  await chmod(script, 0o755);
  return script;
}

async function fetchProfile(url) {
  const answer = await fetch(new URL(`/debug/pprof/profile?seconds=${seconds}`, url));
  if (!answer.ok) throw new Error(`${url} answered ${answer.status}`);
  await writeFile(join(out, 'temporal.pprof'), Buffer.from(await answer.arrayBuffer()));
}

function differencesOf(before, after, orders) {
  return Object.fromEntries(
    Object.entries(after)
      .map(([name, value]) => [name, (value - (before[name] ?? 0)) / orders])
      .filter(([, value]) => value > 0),
  );
}
