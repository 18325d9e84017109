import { expect } from '@jest/globals';
import fc from 'fast-check';
import { checkouts, sameCheckouts } from './checkout-commands.js';
import type { Command } from './command.js';
import { discards, evidence, redrives } from './desk-commands.js';
import { LongEnough } from './long-enough.js';
import { cancels, fulfilments, refunds, reviews, sameRefunds } from './order-commands.js';
import { adjustments, events, jumps, lateFailures, settlements, weathers } from './outside-commands.js';
import { newModel, PRICE_MINOR, STOCK_AT_FIRST } from './reference.js';
import { createRun } from './run.js';
import { LostWorkflowTask } from './server-view.js';
import { auditAll, endRun } from './settling.js';
import { Tally } from './tally.js';
import { createWorld, type World } from './world.js';

export interface Game {
  runs: number;
  seed: number;
  /** As a failure prints it: the path, and after an @ the replay path of its commands. */
  path?: string | undefined;
  /** What must have happened at least so often, so that the game shows something. */
  least: Record<string, number>;
}

// Some mean nothing when their turn comes, and are left out.
const FEWEST_COMMANDS = 36;
const MOST_COMMANDS = 50;
const SHRINKING_MS = 60_000;
// Runs that the test server spoils are not judged; many of them would be a sign of something else.
const MOST_SPOILT = 0.05;

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
function commandsOf(replayPath: string | undefined): fc.Arbitrary<Iterable<Command>> {
  const weighted = kinds.flatMap(([weight, kind]) => Array.from({ length: weight }, () => kind));
  const settings = { maxCommands: MOST_COMMANDS, size: 'max' as const, ...(replayPath ? { replayPath } : {}) };
  return new LongEnough(fc.noBias(fc.commands(weighted, settings)), FEWEST_COMMANDS);
}

const endings = fc.record({
  captured: fc.boolean(),
  decision: fc.constantFrom('approve' as const, 'approve' as const, 'reject' as const, 'wait' as const),
});

/** Plays random commands in a world of its own; prints the seed, and what happened how often. */
export async function play({ runs, seed, path: way = '', least }: Game): Promise<void> {
  const [path, replayPath] = way.split('@');
  const tally = new Tally();
  let world = await createWorld();
  let started = 0;
  let firstFailure: number | undefined;
  say(`model: seed ${seed}, ${runs} runs`);

  const property = fc.asyncProperty(commandsOf(replayPath), endings, async (commands, ending) => {
    // Shrinking has its time: what it has found by then is good enough.
    fc.pre(firstFailure === undefined || Date.now() - firstFailure < SHRINKING_MS);
    started += 1;
    const id = `r${started}`;
    const skus = [`${id}-a`, `${id}-b`];
    await world.seed(
      ...skus.map((sku) => ({ sku, name: sku, currency: 'EUR', unitPriceMinor: PRICE_MINOR, onHand: STOCK_AT_FIRST })),
    );
    const model = newModel(skus);
    const real = createRun(world, id, tally);
    try {
      await fc.asyncModelRun(() => ({ model, real }), commands);
      await endRun(model, real, ending);
      if (started % 10 === 0 && firstFailure === undefined) await auditAll(world);
    } catch (error) {
      if (isSpoilt(error) && tally.of('runs spoilt') < Math.ceil(runs * MOST_SPOILT)) {
        say(`model: run ${started} is not judged: ${String(error)}`);
        tally.add('runs spoilt');
        world = await anew(world);
        // fast-check then makes another run, which takes its place.
        fc.pre(false);
      }
      if (firstFailure === undefined) say(`model: run ${started} failed: ${String(error)}`);
      firstFailure ??= Date.now();
      throw error;
    }
    tally.add('runs');
  });
  try {
    await fc.assert(property, { numRuns: runs, seed, ...(path ? { path } : {}) });
    await auditAll(world);
  } finally {
    say(`model: seed ${seed}, runs ${tally.of('runs')}, commands ${tally.of('commands')}\n${String(tally)}`);
    await world.close();
  }
  if (!path) expect(tally.lacking(least)).toEqual([]);
}

async function anew(world: World): Promise<World> {
  await world.close();
  return createWorld();
}

function isSpoilt(error: unknown): boolean {
  return error instanceof LostWorkflowTask || (error instanceof Error && isSpoilt(error.cause));
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
