// Holdfast as it ships against the same order saga on other foundations, side by side in one run. See docs/performance.md.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checkBooks, readLedger } from './books.mjs';
import { machineFacts, sampleOrder } from './facts.mjs';
import { createLifetime } from './lifetime.mjs';
import { readOptions, USAGE } from './options.mjs';
import { writeResults } from './results.mjs';
import { runRound } from './round.mjs';
import { startSides } from './sides/all-sides.mjs';
import { tableOf } from './table.mjs';

const WARM_UP = { clients: 8, seconds: 4 };
const STARTING_MS = 900_000;
const FAULTS_SHOWN = 10;

let options;
try {
  options = readOptions(process.argv.slice(2));
} catch (error) {
  console.error(`${error.message}\n${USAGE}`);
  process.exit(2);
}

const lifetime = createLifetime();
const directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-'));
try {
  const { sides, missing } = await lifetime.bounded(startSides(lifetime, directory, options), STARTING_MS);
  // A client that waits for its last order may take longer than its round.
  const rounds = sides.length * (options.levels.length * options.rounds + 1);
  await lifetime.bounded(compare(sides, missing), (rounds * (options.seconds + 40) + 120) * 1000);
  await end({ keepLogs: false });
} catch (error) {
  console.error(`✖ ${error.message}`);
  process.exitCode = 1;
  await end({ keepLogs: error.cause !== 'signal' });
}
process.exit();

async function end({ keepLogs }) {
  await lifetime.stopAll();
  if (keepLogs) console.error(`The logs are in ${directory}`);
  else await rm(directory, { recursive: true, force: true });
}

async function compare(sides, missing) {
  const facts = [...(await machineFacts(sides)), ...missing];
  for (const fact of facts) console.log(fact);
  if (!options.smoke) for (const side of sides) await runRound(side, { ...WARM_UP, orders: options.orders });
  const results = [];
  for (const level of options.levels) results.push(await runLevel(sides, level));

  console.log(
    `\nMedians of ${options.rounds} rounds of ${options.seconds} s, at most ${options.orders} orders each.\n`,
  );
  console.log(tableOf(results));
  console.log();
  for (const side of sides.filter(({ temporalAddress }) => temporalAddress !== undefined)) {
    const { events, transitions, bytes } = await sampleOrder(side);
    console.log(
      `One order of ${side.name}: ${events} history events, ${transitions} state transitions, ${bytes} bytes`,
    );
  }
  await audit(sides);
  const files = await writeResults(options.out, { facts, results });
  console.log(`Written: ${files.join(', ')}`);
}

/** The sides take turns, so that what disturbs the machine for a while disturbs all. */
async function runLevel(sides, level) {
  const load = { ...level, seconds: options.seconds, orders: options.orders };
  const rounds = sides.map(({ name }) => ({ name, figures: [] }));
  for (let round = 1; round <= options.rounds; round += 1) {
    const said = [];
    for (const [i, side] of sides.entries()) {
      const figures = await runRound(side, load);
      rounds[i].figures.push(figures);
      said.push(`${side.name} ${figures.perSecond.toFixed(1)}/s, ${figures.settledP50.toFixed(1)} ms`);
    }
    console.log(`${level.name}, round ${round}: ${said.join('; ')}`);
  }
  return { level, rounds };
}

async function audit(sides) {
  const faults = [];
  for (const side of sides) faults.push(...(await checkBooks(side, await readLedger(side.ledger))));
  for (const fault of faults.slice(0, FAULTS_SHOWN)) console.error(`✖ ${fault}`);
  if (faults.length > 0) throw new Error(`the books have ${faults.length} faults`);
  const counts = sides.map(({ name, accepted }) => `${accepted.length} of ${name}`).join(', ');
  console.log(`✔ The books are right: ${counts}; each order confirmed and charged once, stock exact, none reserved.`);
}
