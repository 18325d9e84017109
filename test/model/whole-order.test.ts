import { afterAll, beforeAll, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { checkouts, sameCheckouts } from './checkout-commands.js';
import type { Command } from './command.js';
import { discards, evidence, redrives } from './desk-commands.js';
import { cancels, fulfilments, refunds, reviews, sameRefunds } from './order-commands.js';
import { adjustments, events, jumps, lateFailures, settlements, weathers } from './outside-commands.js';
import { newModel, PRICE_MINOR, STOCK_AT_FIRST } from './reference.js';
import { createRun } from './run.js';
import { auditAll, endRun } from './settling.js';
import { Tally } from './tally.js';
import { createWorld, type World } from './world.js';

const RUNS = Number(process.env['MODEL_RUNS'] ?? 200);
// Some mean nothing when their turn comes, and are left out.
const COMMANDS = 45;
const SHRINKING_MS = 60_000;
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
// As a failure prints them: the path, and after an @ the replay path of its commands.
const [path, replayPath] = (process.env['MODEL_PATH'] ?? '').split('@');

const LEAST: Record<string, number> = {
  'end confirmed': 50,
};

const kinds: readonly (readonly [number, fc.Arbitrary<Command>])[] = [
  [14, checkouts],
  [2, sameCheckouts],
  [4, cancels],
  [3, reviews],
  [2, fulfilments],
  [4, refunds],
  [1, sameRefunds],
  [3, redrives],
  [1, discards],
  [2, evidence],
  [2, settlements],
  [2, events],
  [1, lateFailures],
  [2, adjustments],
  [2, weathers],
  [5, jumps],
];
// Each kind as often as its weight: what fast-check picks from has none.
const commands = fc.noBias(
  fc.commands(
    kinds.flatMap(([weight, kind]) => Array.from({ length: weight }, () => kind)),
    { maxCommands: COMMANDS, size: 'max', ...(replayPath ? { replayPath } : {}) },
  ),
);
const endings = fc.record({
  captured: fc.boolean(),
  decision: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const, 'wait' as const),
});

const opened: World[] = [];
const tally = new Tally();
let world: World;

beforeAll(async () => {
  world = await createWorld();
  opened.push(world);
});

afterAll(async () => {
  await Promise.all(opened.map((one) => one.close()));
});

test('whatever is done to orders, they end as they must and the books agree', async () => {
  let run = 0;
  let firstFailure: number | undefined;
  const property = fc.asyncProperty(commands, endings, async (some, ending) => {
    // Shrinking has its time: what it has found by then is good enough.
    fc.pre(firstFailure === undefined || Date.now() - firstFailure < SHRINKING_MS);
    run += 1;
    const id = `r${run}`;
    const skus = [`${id}-a`, `${id}-b`];
    await world.seed(
      ...skus.map((sku) => ({ sku, name: sku, currency: 'EUR', unitPriceMinor: PRICE_MINOR, onHand: STOCK_AT_FIRST })),
    );
    const model = newModel(skus);
    const real = createRun(world, id, tally);
    try {
      await fc.asyncModelRun(() => ({ model, real }), some);
      await endRun(model, real, ending);
      if (run % 10 === 0) await auditAll(world);
    } catch (error) {
      if (firstFailure === undefined) say(`model: run ${run} failed: ${String(error)}`);
      firstFailure ??= Date.now();
      throw error;
    }
    tally.add('runs');
  });
  try {
    await fc.assert(property, { numRuns: RUNS, seed, ...(path ? { path } : {}) });
    await auditAll(world);
  } finally {
    say(`model: seed ${seed}, runs ${tally.of('runs')}, commands ${tally.of('commands')}\n${String(tally)}`);
  }
  for (const [what, least] of path || firstFailure !== undefined ? [] : Object.entries(LEAST)) {
    expect([what, tally.of(what)]).toEqual([what, Math.max(tally.of(what), Math.floor((least * RUNS) / 200))]);
  }
}, 900_000);

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
