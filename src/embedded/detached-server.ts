import { spawn } from 'node:child_process';
import { open, readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { poll } from './poll.js';
import { markOf, signalProcess, stillRuns, type ProcessMark } from './process-mark.js';
import { serverEnvironment } from './search-path.js';

export interface Command {
  file: string;
  args: readonly string[];
  uid?: number;
  gid?: number;
}

/** A server in its own process group: Ctrl-C in the terminal reaches us, and we end it when the work is drained. */
export interface DetachedServer {
  mark: ProcessMark;
  /** The last lines that this run of the server wrote to its log. */
  lastLines(): Promise<string>;
}

const SHOWN_LINES = 15;

/** Starts a server with its output appended to the log file. @throws Error when the program cannot be run. */
export async function spawnDetached({ file, args, uid, gid }: Command, log: string): Promise<DetachedServer> {
  const output = await open(log, 'a');
  try {
    const { size } = await output.stat();
    const child = spawn(file, args, {
      detached: true,
      env: serverEnvironment(dirname(log)),
      stdio: ['ignore', output.fd, output.fd],
      ...(uid === undefined ? {} : { uid }),
      ...(gid === undefined ? {} : { gid }),
    });
    const pid = await new Promise<number>((resolve, reject) => {
      child.once('error', reject);
      child.once('spawn', () => resolve(child.pid ?? 0));
    });
    child.unref();
    const mark = (await markOf(pid)) ?? { pid, startedAt: 'ended at once' };
    return { mark, lastLines: () => linesAfter(log, size) };
  } finally {
    await output.close();
  }
}

/**
 * Stops the server with the first signal, or with the second one if it has not ended within the deadline.
 * @throws Error when it still runs after that.
 */
export async function endServer(
  mark: ProcessMark,
  signals: readonly [NodeJS.Signals, NodeJS.Signals],
  deadlineMs: number,
): Promise<void> {
  for (const signal of signals) {
    await signalProcess(mark, signal);
    const gone = await poll(deadlineMs, async () => ((await stillRuns(mark)) ? undefined : true));
    if (gone) return;
  }
  throw new Error(`process ${mark.pid} did not end after ${signals.join(' and ')}`);
}

async function linesAfter(log: string, start: number): Promise<string> {
  const content = await readFile(log);
  return content.subarray(start).toString('utf8').trimEnd().split('\n').slice(-SHOWN_LINES).join('\n');
}
