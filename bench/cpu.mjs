import { existsSync, readdirSync, readFileSync } from 'node:fs';

// Linux counts in ticks of 1/100 s.
const MS_PER_TICK = 10;

/** The CPU time in ms that a process and all below it have used, without those that `skipped` names by command line. */
export function cpuMs(pid, skipped = () => false) {
  if (!existsSync('/proc/self/stat')) return Number.NaN;
  const processes = readProcesses();
  const below = (parent) => {
    const { ticks, children } = processes.get(parent) ?? { ticks: 0, children: [] };
    const counted = children.filter((child) => !skipped(readOrEmpty(`/proc/${child}/cmdline`)));
    return counted.reduce((sum, child) => sum + below(child), ticks);
  };
  return below(pid) * MS_PER_TICK;
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

function readOrEmpty(path) {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
