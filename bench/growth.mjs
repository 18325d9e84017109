// Whether an order, a page and the process cost more once there are many orders: two of what npm start starts, one with few
// and one with many, measured in turn. See docs/performance.md.
import { mkdtemp } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openDatabase } from '../dist/adapters/postgres/pool.js';
import { checkBooks, readLedger } from './books.mjs';
import { machineFacts } from './facts.mjs';
import { checkoutOf } from './goods.mjs';
import { createLifetime, runToEnd } from './lifetime.mjs';
import { fill } from './lists/database.mjs';
import { post } from './place-order.mjs';
import { median } from './quantile.mjs';
import { runRound } from './round.mjs';
import { startHoldfast } from './sides/holdfast.mjs';
import { medianOf, medianRatio } from './table.mjs';

const MOST = 1.2;
const PAGES_PER_ROUND = 15;
const PLACING_CLIENTS = 16;
// Above what any measured order costs.
const REVIEWED_MINOR = 100_000;
const PAGES = {
  'page, newest': '?limit=50',
  'page, failed': '?limit=50&status=failed',
  'page, one customer': '?limit=50&customer_id=customer-large',
  'one order': '/order-00000500',
};
const FIGURES = {
  'CPU ms per order, all': 'allCpu',
  'CPU ms per order, API and worker': 'appCpu',
  'CPU ms per order, Temporal': 'temporalCpu',
  'CPU ms per order, PostgreSQL': 'postgresCpu',
  'end to end p50 ms': 'settledP50',
  'memory MB, API and worker': 'appMb',
  'memory MB, Temporal': 'temporalMb',
  'memory MB, PostgreSQL': 'postgresMb',
};

const options = readOptions();
const lifetime = createLifetime();
const directory = await mkdtemp(join(tmpdir(), 'holdfast-growth-'));
await runToEnd(lifetime, directory, compare, options.minutes * 60_000);

function readOptions() {
  const usage = 'usage: npm run bench:growth -- [--orders 1000,1000000] [--open 10,10000] [--rounds 5] [--minutes 90]';
  try {
    const text = (value) => ({ type: 'string', default: value });
    const { values } = parseArgs({
      options: { orders: text('1000,1000000'), open: text('10,10000'), rounds: text('5'), minutes: text('90') },
    });
    const pair = (name) => {
      const numbers = /^\d{1,7},\d{1,7}$/.test(values[name]) ? values[name].split(',').map(Number) : [0, 0];
      if (Math.min(...numbers) < 1) throw new Error(`--${name} takes two numbers such as 1000,1000000`);
      return numbers;
    };
    return {
      orders: pair('orders'),
      open: pair('open'),
      rounds: Number(values.rounds),
      minutes: Number(values.minutes),
    };
  } catch (error) {
    console.error(`${error.message}\n${usage}`);
    return process.exit(2);
  }
}

async function compare() {
  const sides = [];
  for (const [i, name] of ['few', 'many'].entries()) {
    const environment = { FRAUD_REVIEW_ABOVE_MINOR: String(REVIEWED_MINOR), MAX_OPEN_ORDERS: '1000000' };
    const side = await startHoldfast(lifetime, directory, { name, prefix: name, environment });
    await fillOrders(side, options.orders[i]);
    await placeOpen(side, options.open[i]);
    console.log(`${name}: ${options.orders[i]} orders in the database, ${options.open[i]} open ones`);
    sides.push(side);
  }
  for (const fact of await machineFacts(sides)) console.log(fact);
  const load = { clients: 8, seconds: 8, orders: 2_000 };
  for (const side of sides) await runRound(side, load);

  const rounds = sides.map(({ name }) => ({ name, figures: [] }));
  for (let round = 1; round <= options.rounds; round += 1) {
    for (const [i, side] of sides.entries()) {
      rounds[i].figures.push({ ...(await runRound(side, load)), ...(await pageTimes(side)) });
    }
    console.log(
      `round ${round}: ${rounds.map(({ name, figures }) => `${name} ${figures.at(-1).perSecond.toFixed(1)}/s`).join(', ')}`,
    );
  }
  report(rounds);
  for (const side of sides) {
    const faults = await checkBooks(side, await readLedger(side.ledger));
    if (faults.length > 0) throw new Error(`the books have ${faults.length} faults, such as: ${faults[0]}`);
  }
  console.log('✔ The books are right.');
}

async function fillOrders({ databaseUrl }, orders) {
  const timeouts = { connectTimeoutMs: 5_000, statementTimeoutMs: 1_800_000 };
  const database = openDatabase({ url: databaseUrl, size: 1, ...timeouts, onError: () => {} });
  await fill(database, orders, { onlySettled: true });
  await database.close();
}

/** Orders that wait for a person, each with a workflow. */
async function placeOpen(side, count) {
  const agent = new Agent({ keepAlive: true });
  let next = 0;
  const client = async () => {
    for (let n = next++; n < count; n = next++) {
      const checkout = checkoutOf(`open-${n}`, n);
      for (const item of checkout.items) item.quantity = REVIEWED_MINOR / 100;
      const { status, body } = await post(agent, side, checkout);
      if (status === 429 || status === 503) {
        next = Math.min(next, n);
        await new Promise((resolve) => setTimeout(resolve, 1_000));
      } else if (status !== 202 && status !== 200) throw new Error(`${side.name} answered ${status}: ${body}`);
    }
  };
  await Promise.all(Array.from({ length: PLACING_CLIENTS }, client));
  agent.destroy();
}

async function pageTimes({ url, headers }) {
  const figures = {};
  const stats = new URL('/v1/stats', url).href;
  for (const [name, address] of [
    ...Object.entries(PAGES).map(([key, path]) => [key, url + path]),
    ['statistics', stats],
  ]) {
    const times = [];
    for (let i = 0; i < PAGES_PER_ROUND; i += 1) {
      const startedAt = performance.now();
      const answer = await fetch(address, { headers, signal: AbortSignal.timeout(30_000) });
      await answer.arrayBuffer();
      if (!answer.ok) throw new Error(`${address} answered ${answer.status}`);
      times.push(performance.now() - startedAt);
    }
    figures[name] = median(times);
  }
  return figures;
}

function report(rounds) {
  const keys = { ...FIGURES };
  for (const name of [...Object.keys(PAGES), 'statistics']) keys[`${name}, ms`] = name;
  console.log('\n| | few | many | ratio | |\n|---|--:|--:|--:|---|');
  const [few, many] = rounds;
  for (const [title, key] of Object.entries(keys)) {
    const ratio = medianRatio(many, few, key);
    const cells = [medianOf(few.figures, key), medianOf(many.figures, key), ratio].map((value) => value.toFixed(2));
    console.log(
      `| ${title} | ${cells.join(' | ')} | ${ratio <= MOST ? '' : `grows by more than ${Math.round((MOST - 1) * 100)} %`} |`,
    );
  }
  console.log();
}
