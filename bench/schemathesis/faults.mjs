import { readFile } from 'node:fs/promises';

const ERROR = 50;
const SHOWN = 10;

/** Reads the log of a run: how many answers of each status there were, and what should not have been in it. */
export async function readLog(file) {
  const answers = new Map();
  const faults = [];
  for (const text of (await readFile(file, 'utf8')).split('\n').filter((line) => line !== '')) {
    const line = parsed(text);
    if (line?.msg === 'answered') answers.set(line.status, (answers.get(line.status) ?? 0) + 1);
    if (line === undefined || line.level >= ERROR || line.status === 500) faults.push(text.slice(0, 2_000));
  }
  return { answers, faults };
}

/** A crash writes a stack, not JSON. */
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** @returns how many faults there are */
export function printFindings({ answers, faults }) {
  const total = [...answers.values()].reduce((sum, count) => sum + count, 0);
  const counts = [...answers].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
  console.log(`\n${total} requests were answered (${counts.join(', ')}).`);
  for (const fault of faults.slice(0, SHOWN)) console.log(`✖ in the log: ${fault}`);
  if (faults.length > SHOWN) console.log(`✖ and ${faults.length - SHOWN} more such lines`);
  return faults.length;
}
