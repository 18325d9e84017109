import { test } from '@jest/globals';
import { play } from './play.js';

const FULL = 200;
const runs = Number(process.env['MODEL_RUNS'] ?? FULL);
const seed = Number(process.env['MODEL_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

/** What the full number of runs brings about at least, so that no run of luck passes for a proof. */
const LEAST = {
  commands: FULL * 30,
  'end confirmed': 300,
  'end cancelled': 100,
  'end failed/payment_declined': 100,
  'end failed/out_of_stock': 10,
  'payments unknown': 40,
  'late and confirmed': 60,
  'evidence disputed': 2,
  'refunds succeeded': 40,
  'same checkout 200': 20,
  'review approve 200': 10,
};

const least = Object.fromEntries(
  Object.entries(LEAST).map(([what, times]) => [what, Math.floor((times * runs) / FULL)]),
);

test(
  'whatever is done to orders, they end as they must and the audit passes',
  () => play({ runs, seed, path: process.env['MODEL_PATH'], least }),
  300_000 + runs * 6_000,
);
