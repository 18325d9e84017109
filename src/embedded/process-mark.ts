import { readFile } from 'node:fs/promises';
import { errorCode } from './errors.js';

/** Identifies one process permanently: a pid alone is eventually reused. */
export interface ProcessMark {
  pid: number;
  /** Boot id and start time in ticks; empty where the system has no /proc. */
  startedAt: string;
}

/** The mark of a live process, or undefined when no process (or only a zombie) has this pid. */
export async function markOf(pid: number): Promise<ProcessMark | undefined> {
  if (!isPid(pid) || !hasPid(pid)) return undefined;
  const stat = await readOrEmpty(`/proc/${pid}/stat`);
  if (stat === '') return hasPid(pid) ? { pid, startedAt: '' } : undefined;
  // The command name is in parentheses and may contain blanks, so the fields after it are counted.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
  const boot = await readOrEmpty('/proc/sys/kernel/random/boot_id');
  return { pid, startedAt: `${boot.trim()}/${fields[19] ?? ''}` };
}

/** Whether the marked process still runs, as opposed to another one with its pid. */
export async function stillRuns(mark: ProcessMark): Promise<boolean> {
  const now = await markOf(mark.pid);
  return now !== undefined && now.startedAt === mark.startedAt;
}

/** Reads a mark back from JSON; undefined for anything else, such as a file cut short by a crash. */
export function parseMark(value: unknown): ProcessMark | undefined {
  if (typeof value !== 'object' || value === null || !('pid' in value) || !('startedAt' in value)) return undefined;
  const { pid, startedAt } = value;
  return isPid(pid) && typeof startedAt === 'string' ? { pid, startedAt } : undefined;
}

/** Sends a signal to the marked process, unless it has ended or its pid was reused. */
export async function signalProcess(mark: ProcessMark, signal: NodeJS.Signals): Promise<void> {
  if (!(await stillRuns(mark))) return;
  try {
    process.kill(mark.pid, signal);
  } catch (error) {
    if (errorCode(error) !== 'ESRCH') throw error;
  }
}

function isPid(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value > 0;
}

function hasPid(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return errorCode(error) === 'EPERM';
  }
}

async function readOrEmpty(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch {
    return '';
  }
}
