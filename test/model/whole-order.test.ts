import { test } from '@jest/globals';
import { play } from './play.js';

const FULL = 200;
const runs = Number(process.env['MODEL_RUNS'] ?? FULL);
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** What the full number of runs brings about at least. */
const LEAST = {
  commands: FULL * 30,
};

const least = Object.fromEntries(
  Object.entries(LEAST).map(([what, times]) => [what, Math.floor((times * runs) / FULL)]),
);

test(
  'whatever is done to orders, they end as they must and the books agree',
  () => play({ runs, seed, path: process.env['MODEL_PATH'], least }),
  300_000 + runs * 6_000,
);
