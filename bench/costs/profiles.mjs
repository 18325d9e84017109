import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const LONGEST_MS = 60_000;

/** Ends the recording of a process and reads what its threads wrote, the main one first. */
export async function readProfiles(directory) {
  const giveUpAt = Date.now() + LONGEST_MS;
  while (!existsSync(join(directory, 'main.counts.json'))) {
    if (Date.now() > giveUpAt) throw new Error(`no profile came to ${directory}`);
    await sleep(100);
  }
  await sleep(2_000);
  const names = (await readdir(directory)).filter((name) => name.endsWith('.counts.json')).sort();
  const json = async (name) => JSON.parse(await readFile(join(directory, name), 'utf8'));
  return Promise.all(
    names.map(async (file) => {
      const name = file.replace('.counts.json', '');
      return {
        name,
        ...(await json(file)),
        busy: busiestOf(await json(`${name}.cpuprofile`)),
        allocatedBytes: allocatedBytesOf((await json(`${name}.heapprofile`)).head),
      };
    }),
  );
}

/** The time in ms that each function took by itself, longest first, and how much of all was idle. */
export function busiestOf({ nodes, samples, timeDeltas }) {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const times = new Map();
  for (const [i, id] of samples.entries()) {
    const label = labelOf(byId.get(id).callFrame);
    times.set(label, (times.get(label) ?? 0) + timeDeltas[i] / 1000);
  }
  const idle = ['(idle)', '(program)'].reduce((sum, label) => sum + (times.get(label) ?? 0), 0);
  times.delete('(idle)');
  times.delete('(program)');
  const functions = [...times].map(([label, ms]) => ({ label, ms })).sort((a, b) => b.ms - a.ms);
  return { functions, idleMs: idle, busyMs: functions.reduce((sum, { ms }) => sum + ms, 0) };
}

function labelOf({ functionName, url, lineNumber }) {
  if (url === '') return functionName || '(anonymous)';
  const from = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url)?.[1];
  return `${functionName || '(anonymous)'} ${from === undefined ? '' : `${from}/`}${basename(url)}:${lineNumber + 1}`;
}

function allocatedBytesOf({ selfSize, children }) {
  return children.reduce((sum, child) => sum + allocatedBytesOf(child), selfSize);
}
