import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';

export interface CommandOptions {
  environment: NodeJS.ProcessEnv;
  deadlineMs: number;
  cwd?: string;
  uid?: number;
  gid?: number;
  onLine?: (line: string) => void;
  /** Ends the program early. */
  signal?: AbortSignal;
}

const KEPT_LINES = 12;
const KILL_AFTER_MS = 5_000;

/**
 * Runs a program to its end and returns its last lines of output.
 * @throws Error with the program's last lines when it cannot start, ends with another code than 0, or passes the
 * deadline.
 */
export async function runCommand(file: string, args: readonly string[], options: CommandOptions): Promise<string> {
  const { environment, deadlineMs, cwd, uid, gid, onLine, signal } = options;
  const lines: string[] = [];
  const child = spawn(file, args, {
    env: environment,
    // Its own process group, so that everything that it has started ends with it.
    detached: process.platform !== 'win32',
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(cwd === undefined ? {} : { cwd }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
  for (const stream of [child.stdout, child.stderr]) {
    // A program that is killed may reset its pipes. Its exit says what happened.
    stream.on('error', () => {});
    createInterface({ input: stream })
      .on('error', () => {})
      .on('line', (line) => {
        lines.push(line);
        if (lines.length > KEPT_LINES) lines.shift();
        onLine?.(line);
      });
  }
  const ending = await endOf(child, deadlineMs, signal);
  if (ending === undefined) return lines.join('\n');
  throw new Error([`${file} ${ending}`, ...lines].join('\n'));
}

/** Resolves to undefined after a clean end, else to what went wrong. */
async function endOf(
  child: ChildProcess,
  deadlineMs: number,
  early: AbortSignal | undefined,
): Promise<string | undefined> {
  let late = false;
  let killer: NodeJS.Timeout | undefined;
  const endWithUs = () => signalGroup(child, 'SIGKILL');
  const end = () => {
    signalGroup(child, 'SIGTERM');
    killer ??= setTimeout(endWithUs, KILL_AFTER_MS);
  };
  const deadline = setTimeout(() => {
    late = true;
    end();
  }, deadlineMs);
  early?.addEventListener('abort', end);
  if (early?.aborted === true) end();
  process.once('exit', endWithUs);
  try {
    return await new Promise((resolve) => {
      child.once('error', (error) => resolve(`could not be run: ${error.message}`));
      // A grandchild may keep the pipes open long after a late child was ended.
      child.once('exit', () => {
        if (late) resolve(`did not end within ${deadlineMs / 1000} s`);
      });
      child.once('close', (code, signal) => {
        if (code === 0) resolve(undefined);
        else resolve(signal === null ? `ended with code ${code}` : `was ended by ${signal}`);
      });
    });
  } finally {
    clearTimeout(deadline);
    clearTimeout(killer);
    process.removeListener('exit', endWithUs);
    early?.removeEventListener('abort', end);
    child.stdout?.destroy();
    child.stderr?.destroy();
  }
}

function signalGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal);
  } catch {
    // It has ended.
  }
}
