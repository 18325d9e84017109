import { quantile } from './quantile.mjs';

const MOST_P99_MS = 1_000;
// Under load V8 lets the heap rise to a level, from wherever it was before: see docs/performance.md.
const MOST_MB = 700;
// Most of that comes in the first half: what rises faster later is not garbage.
const MOST_GROWTH_MB = 100;
const FAULTS_SHOWN = 10;

/** The figures in words, and whether Holdfast kept its promises. */
export function verdictOf({
  accepted,
  refused,
  broken,
  skipped,
  planned,
  memory,
  pauseMs,
  faults,
  drainedMs,
  seconds,
  capacity,
}) {
  const times = (list) => list.map(({ ms }) => ms).sort((a, b) => a - b);
  const [acceptedMs, refusedMs] = [times(accepted), times(refused)];
  const kinds = new Map();
  for (const { status, code } of refused) kinds.set(`${status} ${code}`, (kinds.get(`${status} ${code}`) ?? 0) + 1);
  const odd = refused.filter(
    ({ status, retryAfter }) => ![429, 503].includes(status) || !/^[1-9]\d*$/.test(retryAfter),
  );
  const [before = 0] = memory;
  const middle = Math.ceil(memory.length / 2);
  const [early, late] = [memory.slice(0, middle), memory.slice(middle)].map((half) => Math.max(0, ...half));
  const peak = Math.max(early, late);
  const p99 = quantile(acceptedMs, 0.99);

  const promises = [
    [`every accepted order settled, charged once, stock exact (${faults.length} faults)`, faults.length === 0],
    ['every refusal was 429 or 503 and said when to come back', odd.length === 0 && broken.length === 0],
    [`p99 of the accepted below ${MOST_P99_MS} ms`, p99 < MOST_P99_MS],
    [`memory below ${MOST_MB} MB`, peak < MOST_MB],
    [
      `memory in the second half at most ${MOST_GROWTH_MB} MB above the first (${(late - early).toFixed(0)} MB)`,
      late - early <= MOST_GROWTH_MB,
    ],
  ];
  const ms = (value) => `${value.toFixed(0)} ms`;
  const lines = [
    `Sent ${planned - skipped} of ${planned}; accepted ${accepted.length} (${(accepted.length / seconds).toFixed(1)}/s of ${capacity.toFixed(1)}/s)`,
    `Refused: ${[...kinds].map(([kind, count]) => `${count} × ${kind}`).join(', ') || 'none'}; broken off: ${[...new Set(broken)].join(', ') || 'none'}`,
    `Accepted: p50 ${ms(quantile(acceptedMs, 0.5))}, p99 ${ms(p99)}, longest ${ms(acceptedMs.at(-1) ?? 0)}`,
    `Refused: p50 ${ms(quantile(refusedMs, 0.5))}, p99 ${ms(quantile(refusedMs, 0.99))}`,
    `The client's own longest pause: ${ms(pauseMs)}`,
    `Memory of the process: ${before.toFixed(0)} MB before, ${peak.toFixed(0)} MB at most, ${(memory.at(-1) ?? 0).toFixed(0)} MB after`,
    `All settled ${ms(drainedMs)} after the last answer and its rest`,
    ...faults.slice(0, FAULTS_SHOWN).map((fault) => `✖ ${fault}`),
    ...promises.map(([promise, kept]) => `${kept ? '✔' : '✖'} ${promise}`),
  ];
  return { lines, ok: promises.every(([, kept]) => kept) };
}
