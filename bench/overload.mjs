// A burst into an idle process, which is absorbed, and ten times what Holdfast can do, for a while: what was accepted
// settles, the rest is refused at once, memory stays.
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { checkBooks, readLedger } from './books.mjs';
import { burstVerdictOf, postBurst } from './burst.mjs';
import { createLifetime } from './lifetime.mjs';
import { pourOpenLoop } from './open-loop.mjs';
import { runRound } from './round.mjs';
import { startHoldfast } from './sides/holdfast.mjs';
import { verdictOf } from './verdict.mjs';

const USAGE = 'usage: npm run bench:overload -- [--seconds 60] [--times 10] [--clients 8] [--burst 500]';
const CAPACITY_SECONDS = 8;
const WARM_UP_SECONDS = 4;
const STARTING_MS = 300_000;
const SETTLING_MS = 120_000;

const { seconds, times, clients, burst } = readOptions();
const lifetime = createLifetime();
const directory = await mkdtemp(join(tmpdir(), 'holdfast-overload-'));
let failed = false;
try {
  const environment = { MAX_CONNECTIONS: '10000' };
  const side = await lifetime.bounded(startHoldfast(lifetime, directory, { environment }), STARTING_MS);
  const longestMs = (seconds + CAPACITY_SECONDS + WARM_UP_SECONDS + 60) * 1000 + SETTLING_MS;
  failed = !(await lifetime.bounded(overload(side), longestMs));
} catch (error) {
  console.error(`✖ ${error.stack}`);
  failed = true;
}
await lifetime.stopAll();
if (failed) console.error(`The logs are in ${directory}`);
else await rm(directory, { recursive: true, force: true });
process.exit(failed ? 1 : 0);

async function overload(side) {
  await runRound(side, { clients, seconds: WARM_UP_SECONDS, orders: 100_000 });
  const { perSecond } = await runRound(side, { clients, seconds: CAPACITY_SECONDS, orders: 100_000 });
  const rate = Math.ceil(perSecond * times);
  const absorbed = burstVerdictOf(await postBurst(side, burst));
  for (const line of absorbed.lines) console.log(line);
  console.log(
    `Capacity: ${perSecond.toFixed(1)} orders/s with ${clients} clients. Now ${rate} checkouts/s for ${seconds} s.`,
  );

  // Node's own pool of sockets is left unbounded: a client that waits for its turn would hide the overload.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 500 });
  const poured = await pourOpenLoop(agent, side, { rate, seconds });
  agent.destroy();
  const settling = performance.now();
  await Promise.all(poured.accepted.map(({ orderId }) => side.settlement.settled(orderId)));
  const drainedMs = performance.now() - settling;
  const faults = await checkBooks(side, await readLedger(side.ledger));
  const { lines, ok } = verdictOf({ ...poured, faults, drainedMs, seconds, capacity: perSecond });
  for (const line of lines) console.log(line);
  return ok && absorbed.ok;
}

function readOptions() {
  const names = { seconds: '60', times: '10', clients: '8', burst: '500' };
  const options = Object.fromEntries(
    Object.entries(names).map(([name, value]) => [name, { type: 'string', default: value }]),
  );
  try {
    const { values } = parseArgs({ args: process.argv.slice(2), options });
    return Object.fromEntries(
      Object.keys(names).map((name) => {
        const value = Number(values[name]);
        if (!Number.isInteger(value) || value < 1 || value > 600) throw new Error(`--${name} takes 1 to 600`);
        return [name, value];
      }),
    );
  } catch (error) {
    console.error(`${error.message}\n${USAGE}`);
    return process.exit(2);
  }
}
