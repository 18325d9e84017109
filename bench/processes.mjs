import { existsSync, readdirSync, readFileSync } from 'node:fs';

// Linux counts in ticks of 1/100 s.
const MS_PER_TICK = 10;

/** The CPU time in ms that a process and all below it have used, without those that `skipped` picks by command line and id. */
export function cpuMs(pid, skipped = () => false) {
  return sumBelow(pid, skipped, ({ ticks }) => ticks) * MS_PER_TICK;
}

/** The memory in MB of a process and all below it: what they share counts once. */
export function memoryMb(pid, skipped = () => false) {
  return sumBelow(pid, skipped, (_, id) => proportionalKb(id)) / 1024;
}

/** The processes whose command line contains the text. */
export function processesWith(text) {
  const pids = existsSync('/proc/self/stat') ? readdirSync('/proc').filter((name) => /^\d+$/.test(name)) : [];
  return pids
    .map((pid) => ({ pid: Number(pid), command: commandOf(pid) }))
    .filter(({ command }) => command.includes(text));
}

/** The resident memory in MB of one process. */
export function residentMb(pid) {
  const [, kb] = /^VmRSS:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/status`)) ?? [];
  return Number(kb) / 1024;
}

function sumBelow(pid, skipped, measure) {
  if (!existsSync('/proc/self/stat')) return Number.NaN;
  const processes = readProcesses();
  const below = (id) => {
    const process = processes.get(id);
    if (process === undefined) return 0;
    const counted = process.children.filter((child) => !skipped(commandOf(child), child));
    return counted.reduce((sum, child) => sum + below(child), measure(process, id));
  };
  return below(pid);
}

function readProcesses() {
  const processes = new Map();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = readOrEmpty(`/proc/${name}/stat`);
    // Behind the command's name in parentheses: state, parent, …
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields.length < 15) continue;
    // utime, stime, and those of children that have ended.
    const ticks = fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0);
    processes.set(Number(name), { parent: Number(fields[1]), ticks, children: [] });
  }
  for (const [pid, { parent }] of processes) processes.get(parent)?.children.push(pid);
  return processes;
}

function proportionalKb(pid) {
  const [, kb] = /^Pss:\s+(\d+) kB$/m.exec(readOrEmpty(`/proc/${pid}/smaps_rollup`)) ?? [];
  return Number(kb ?? 0);
}

function commandOf(pid) {
  return readOrEmpty(`/proc/${pid}/cmdline`).replaceAll('\0', ' ').trim();
}

function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
