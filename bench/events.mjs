// Orders with two endpoints, one of which fails for a while and one of which is killed and started again: is every event
// delivered to both? See docs/events.md.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Client as Temporal, Connection } from '@temporalio/client';
import { Client } from 'pg';
import { createApiKeyStore } from '../dist/adapters/postgres/api-keys.js';
import { createCatalog } from '../dist/adapters/postgres/catalog/catalog.js';
import { migrate } from '../dist/adapters/postgres/migrate.js';
import { hashOf, mintApiKey } from '../dist/api/access/api-key.js';
import { withDatabase } from '../dist/commands/database.js';
import { freePort } from '../dist/embedded/tcp-ports.js';
import { startPostgres } from '../dist/embedded/postgres.js';
import { provideTemporalCli } from '../dist/embedded/programs.js';
import { startTemporal } from '../dist/embedded/temporal.js';
import { isSigned, judge, tableOfEvents } from './event-tally.mjs';
import { checkoutOf, PRODUCTS } from './goods.mjs';
import { createLifetime } from './lifetime.mjs';
import { startProgram } from './programs.mjs';

const USAGE = 'usage: npm run bench:events -- [--orders 500] [--clients 16] [--minutes 30]';
const at = (path) => fileURLToPath(new URL(path, import.meta.url));
const report = () => {};
const EVENTS_PER_ORDER = 4;

const options = readOptions();
const key = mintApiKey();
const lifetime = createLifetime();
const directory = await mkdtemp(join(tmpdir(), 'holdfast-events-'));
let isGood = false;
try {
  isGood = await lifetime.bounded(run(), options.minutes * 60_000);
} catch (error) {
  console.error(`✖ ${error.stack}`);
}
await lifetime.stopAll();
if (isGood) await rm(directory, { recursive: true, force: true });
else console.error(`The logs are in ${directory}`);
process.exit(isGood ? 0 : 1);

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        orders: { type: 'string', default: '500' },
        clients: { type: 'string', default: '16' },
        minutes: { type: 'string', default: '30' },
      },
    });
    return Object.fromEntries(
      Object.entries(values).map(([name, text]) => {
        const value = /^[1-9]\d{0,5}$/.test(text) ? Number(text) : 0;
        if (value === 0) throw new Error(`--${name} takes a whole number, not "${text}"`);
        return [name, value];
      }),
    );
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    process.exit(2);
  }
}

async function run() {
  const { url, databaseUrl, temporalAddress, worker } = await startAll();
  const failing = await aReceiver('failing', await freePort());
  const dying = await aReceiver('dying', await freePort());
  const receivers = [failing, dying];
  for (const receiver of receivers) {
    const { id, secret } = await ask(url, '/v1/webhook-endpoints', { url: receiver.url });
    Object.assign(receiver, { id, secret });
  }
  const database = await lifetime.start('database client', async () => {
    const client = new Client({ connectionString: databaseUrl });
    await client.connect();
    return Object.assign(client, { stop: () => client.end() });
  });

  const started = performance.now();
  const trouble = makeTrouble(failing, dying, worker);
  await placeAll(url);
  const placedS = seconds(started);
  await trouble;
  await rollBack(database);
  console.log(`${options.orders} orders placed in ${placedS.toFixed(1)} s; waiting for their deliveries`);
  await drained(database);
  const drainedS = seconds(started);

  const expected = await expectedIds(database);
  const { rows: deliveries } = await database.query(
    `select endpoint_id, state, count(*)::int as number, sum(tries)::int as tries from webhook_deliveries group by 1, 2`,
  );
  const workflows = await countWorkflows(temporalAddress);
  const verdicts = receivers.map((receiver) => judge(receiver, expected, deliveries));
  console.log(`\nEverything was delivered ${drainedS.toFixed(1)} s after the first order.\n`);
  console.log(tableOfEvents(verdicts));
  console.log(`\nDeliveries that took a workflow: ${workflows}`);
  for (const { name, faults } of verdicts) for (const fault of faults) console.error(`✖ ${name}: ${fault}`);
  return verdicts.every(({ faults }) => faults.length === 0);
}

async function startAll() {
  const postgres = await lifetime.start('PostgreSQL', async () =>
    startPostgres({ directory: join(directory, 'postgres'), port: await freePort(), report }),
  );
  await withDatabase(postgres.url, async (database) => {
    await migrate(database);
    await createCatalog(database).seed(PRODUCTS);
    await createApiKeyStore(database).add({ id: key.id, name: 'bench', hash: hashOf(key), scopes: ['admin'] });
  });
  const executable = await provideTemporalCli({
    ...(process.env.HOLDFAST_TEMPORAL_CLI ? { override: process.env.HOLDFAST_TEMPORAL_CLI } : {}),
    cacheDirectory: process.env.HOLDFAST_CACHE || join(homedir(), '.cache', 'holdfast', 'bin'),
    report: console.log,
  });
  const temporal = await lifetime.start('Temporal', async () =>
    startTemporal({
      executable,
      directory: join(directory, 'temporal'),
      port: await freePort(),
      uiPort: await freePort(),
      namespace: 'default',
      searchAttributes: { OrderOutcome: 'Keyword' },
      report,
    }),
  );
  const sandboxPort = await freePort();
  const sandboxUrl = `http://127.0.0.1:${sandboxPort}`;
  await lifetime.start('sandbox', () =>
    startProgram({
      file: at('../dist/sandbox/main.js'),
      args: ['--port', String(sandboxPort), '--ledger', join(directory, 'ledger.jsonl')],
      log: join(directory, 'sandbox.log'),
      readyUrl: `${sandboxUrl}/healthz`,
    }),
  );
  const holdfast = async (roles) => {
    const [port, internal] = [await freePort(), await freePort()];
    const program = await lifetime.start(`holdfast ${roles}`, () =>
      startProgram({
        file: at('../dist/main.js'),
        args: ['serve', '--roles', roles],
        environment: {
          LOG_LEVEL: 'warn',
          PORT: String(port),
          INTERNAL_PORT: String(internal),
          DATABASE_URL: postgres.url,
          TEMPORAL_ADDRESS: temporal.address,
          SANDBOX_URL: sandboxUrl,
          WEBHOOK_RETRY_DELAYS_S: '1,2,4,8,8,8,8,8,8,8',
          WEBHOOK_ALLOW_PRIVATE: 'true',
          // A test of events, not of refusals.
          MAX_CHECKOUTS: '1000',
          ACCEPT_TARGET_MS: '60000',
        },
        log: join(directory, `holdfast-${roles}.log`),
        readyUrl: `http://127.0.0.1:${internal}/readyz`,
      }),
    );
    return { url: `http://127.0.0.1:${port}`, program };
  };
  const { url } = await holdfast('api,worker');
  // A second relay, to be killed on the way.
  const { program: worker } = await holdfast('worker');
  return { url, databaseUrl: postgres.url, temporalAddress: temporal.address, worker };
}

/** A receiver as a process of its own, which tells what it got and outlives nothing by itself. */
async function aReceiver(name, port) {
  const receiver = { name, port, url: `http://127.0.0.1:${port}/hooks`, messages: [], mode: 204 };
  receiver.start = async () => {
    const child = fork(at('./event-receiver.mjs'), [String(port)]);
    child.on('message', (message) => {
      if (message.kind !== 'message') return;
      receiver.messages.push({ ...message, isSigned: isSigned(message, receiver.secret) });
    });
    receiver.child = child;
    await new Promise((resolve, reject) => {
      child.on('message', ({ kind }) => kind === 'listening' && resolve());
      child.once('exit', () => reject(new Error(`the receiver ${name} ended`)));
    });
    return { stop: receiver.kill };
  };
  receiver.kill = async () => {
    if (receiver.child.exitCode !== null || receiver.child.signalCode !== null) return;
    receiver.child.kill('SIGKILL');
    await once(receiver.child, 'exit');
  };
  receiver.answer = (status) => receiver.child.send({ status });
  await lifetime.start(`receiver ${name}`, receiver.start);
  return receiver;
}

async function makeTrouble(failing, dying, worker) {
  const some = (part) => Math.floor(options.orders * EVENTS_PER_ORDER * part);
  await reached(failing, some(0.1));
  failing.answer(500);
  await reached(dying, some(0.2));
  await dying.kill();
  console.log(`"failing" answers 500, "dying" is killed`);
  await sleep(4_000);
  process.kill(worker.pid, 'SIGKILL');
  console.log('the second worker, with its relay, is killed');
  await sleep(2_000);
  await dying.start();
  failing.answer(204);
  console.log('both receivers are well again');
}

async function reached({ messages }, count) {
  while (messages.length < count) await sleep(20);
}

async function placeAll(url) {
  let next = 0;
  const client = async () => {
    for (let n = next++; n < options.orders; n = next++) await ask(url, '/v1/orders', checkoutOf(`events-${n}`, n));
  };
  await Promise.all(Array.from({ length: options.clients }, client));
}

async function ask(url, path, body) {
  for (let tries = 1; ; tries += 1) {
    const headers = { 'content-type': 'application/json', authorization: `Bearer ${key.text}` };
    const signal = AbortSignal.timeout(30_000);
    const response = await fetch(`${url}${path}`, { method: 'POST', headers, body: JSON.stringify(body), signal });
    if (response.ok) return response.json();
    const said = await response.text();
    if (response.status !== 503 || tries === 20) throw new Error(`${path} answered ${response.status}: ${said}`);
    await sleep(500);
  }
}

/** A change that does not happen: its event must never be heard of. */
async function rollBack(database) {
  await database.query('begin');
  await database.query(
    `insert into order_events (order_id, seq, type) select order_id, 999, 'order.cancelled' from orders limit 10`,
  );
  await database.query('rollback');
}

async function drained(database) {
  for (;;) {
    const { rows } = await database.query(
      `select (select count(*)::int from orders where status not in ('confirmed', 'failed')) as orders,
              (select count(*)::int from orders) as placed, (select count(*)::int from outbox) as outbox,
              (select count(*)::int from webhook_deliveries where state in ('pending', 'retrying')) as deliveries`,
    );
    const { orders, placed, outbox, deliveries } = rows[0];
    if (placed === options.orders && orders + outbox + deliveries === 0) return;
    console.log(`${placed} orders (${orders} open), ${outbox} events in the outbox, ${deliveries} open deliveries`);
    await sleep(5_000);
  }
}

async function expectedIds(database) {
  const { rows } = await database.query(
    `select 'evt_' || order_id || '_' || seq as id from order_events where type in
       ('order.created', 'inventory.reserved', 'order.confirmed')
     union all
     select 'evt_' || order_id || '_' || seq || '_payment-succeeded' from order_events where type = 'order.confirmed'`,
  );
  return new Set(rows.map(({ id }) => id));
}

async function countWorkflows(address) {
  const connection = await Connection.connect({ address });
  const { count } = await new Temporal({ connection }).workflow.count(`WorkflowType = 'deliverEvent'`);
  await connection.close();
  return count;
}

function seconds(since) {
  return (performance.now() - since) / 1_000;
}
