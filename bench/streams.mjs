// Many clients that follow orders live: what one costs, how late an event is, and how all of them end on a drain.
import { readFile, mkdtemp } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkoutOf } from './goods.mjs';
import { createLifetime, runToEnd } from './lifetime.mjs';
import { quantile } from './quantile.mjs';
import { startHoldfast } from './sides/holdfast.mjs';

const [listeners = 5_000, perOrder = 10, decisions = 50] = process.argv.slice(2).map(Number);
if (![listeners, perOrder, decisions].every((n) => Number.isInteger(n) && n > 0 && n <= 20_000)) {
  console.error('Usage: npm run bench:streams -- [listeners] [listeners an order] [events]');
  process.exit(2);
}
const LONGEST_MS = 300_000;
const MIB = 1024 * 1024;

const lifetime = createLifetime();
const directory = await mkdtemp(join(tmpdir(), 'holdfast-streams-'));
await runToEnd(lifetime, directory, run, LONGEST_MS);

async function run() {
  // Every order waits for a person, so that it stays open.
  const environment = { FRAUD_REVIEW_ABOVE_MINOR: '1', MAX_STREAMS: '20000', MAX_CONNECTIONS: '21000' };
  const side = await startHoldfast(lifetime, directory, { environment });
  const ids = Array.from({ length: Math.ceil(listeners / perOrder) }, (_, i) => `s-${i}`);
  for (const [i, id] of ids.entries()) await send(side, '', checkoutOf(id, i));
  await sleep(2_000);

  const before = await rss(side.pid);
  const streams = [];
  for (let i = 0; i < listeners; i += 1) {
    streams.push(follow(side, ids[i % ids.length]));
    if (i % 100 === 99) await sleep(20);
  }
  await until(
    () => streams.every((stream) => stream.seen.has('order.in_review')),
    'every listener has the first events',
  );
  await sleep(5_000);
  const after = await rss(side.pid);
  const idleFrom = side.cpu().app;
  await sleep(10_000);
  const idle = (side.cpu().app - idleFrom) / 10_000;

  for (const id of ids.slice(0, decisions)) {
    await send(side, `/${id}/review`, { decision: 'approve' });
    await sleep(20);
  }
  const told = streams.filter(({ id }) => ids.indexOf(id) < decisions);
  await until(() => told.every((stream) => stream.ended), 'the streams of the decided orders have ended');
  const lags = told
    .flatMap(({ lags: { 'review.approved': lag } }) => (lag === undefined ? [] : [lag]))
    .sort((a, b) => a - b);
  const complete = told.filter((stream) => stream.seen.has('order.confirmed') && stream.settled).length;

  const drainFrom = performance.now();
  await side.stop();
  const drainMs = performance.now() - drainFrom;
  await sleep(500);
  const rest = streams.filter((stream) => !told.includes(stream));

  console.log(`
| figure | value |
| --- | --- |
| listeners | ${listeners} on ${ids.length} orders |
| memory, resident, before and with them | ${(before / MIB).toFixed(0)} and ${(after / MIB).toFixed(0)} MiB |
| memory for one listener | ${((after - before) / listeners / 1024).toFixed(1)} KiB |
| CPU of the process while nothing happens | ${(idle * 100).toFixed(1)} % of one core |
| events to listeners, p50, p99, most | ${[0.5, 0.99, 1].map((q) => quantile(lags, q).toFixed(0)).join(', ')} ms after their commit (${lags.length}) |
| listeners of decided orders that saw the end | ${complete} of ${told.length} |
| drain of the other ${rest.length} streams | ${rest.filter((stream) => stream.ended && !stream.broken).length} ended cleanly, process ended after ${drainMs.toFixed(0)} ms with code ${side.exitCode()} |`);
}

function follow({ url, headers }, id) {
  const stream = { id, seen: new Set(), lags: {}, ended: false, broken: false, settled: false };
  const request = http.get(`${url}/${id}/stream`, { agent: false, headers });
  request.on('response', (response) => {
    if (response.statusCode !== 200) stream.broken = true;
    response.setEncoding('utf8');
    let text = '';
    response.on('data', (chunk) => {
      text += chunk;
      const messages = text.split('\n\n');
      text = messages.pop() ?? '';
      for (const message of messages) hear(stream, message);
    });
    response.on('end', () => (stream.ended = true));
    response.on('error', () => (stream.broken = true));
  });
  request.on('error', () => (stream.broken = true));
  return stream;
}

function hear(stream, message) {
  if (message.startsWith('event: settled')) stream.settled = true;
  const data = /^data: (\{"seq".*)$/m.exec(message)?.[1];
  if (data === undefined) return;
  const { type, created_at: at } = JSON.parse(data);
  stream.seen.add(type);
  stream.lags[type] = Date.now() - Date.parse(at);
}

async function send({ url, headers }, path, body) {
  const response = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { ...headers, 'Content-Type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.timeout(20_000),
  });
  if (!response.ok) throw new Error(`${url}${path} answered ${response.status}: ${await response.text()}`);
}

async function until(isSo, what) {
  const deadline = Date.now() + 60_000;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`not within a minute: ${what}`);
    await sleep(50);
  }
}

/** Resident memory of a process in bytes. */
async function rss(pid) {
  const kib = /^VmRSS:\s+(\d+)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Number(kib) * 1024;
}
