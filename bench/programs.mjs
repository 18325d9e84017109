import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';

const READY_MS = 60_000;
const STOP_MS = 20_000;

/** Runs a Node program. */
export function startProgram({ file, args = [], nodeOptions = [], ...rest }) {
  return startExecutable({ file: process.execPath, args: [...nodeOptions, file, ...args], ...rest });
}

/**
 * Runs a program in its own process group, so that Ctrl-C reaches only us, and waits until it is ready.
 * @throws Error with the last lines of its log when it does not come up
 */
export async function startExecutable({
  file,
  args = [],
  environment = {},
  log,
  readyUrl,
  readyMs = READY_MS,
  stopMs = STOP_MS,
}) {
  const output = await open(log, 'a');
  const child = spawn(file, args, {
    detached: true,
    // Nothing else of the caller's environment: its settings are not what is measured.
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment },
    stdio: ['ignore', output.fd, output.fd],
  });
  const ended = once(child, 'exit');
  await output.close();

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGTERM');
    const cut = setTimeout(() => child.kill('SIGKILL'), stopMs);
    await ended;
    clearTimeout(cut);
  };

  const deadline = Date.now() + readyMs;
  while (!(await isReady(readyUrl))) {
    if (child.exitCode === null && Date.now() < deadline) continue;
    await stop();
    const lines = (await readFile(log, 'utf8')).trimEnd().split('\n').slice(-15);
    throw new Error(`${[file, ...args].join(' ')} did not start:\n${lines.join('\n')}`);
  }
  return { pid: child.pid, stop, exitCode: () => child.exitCode };
}

async function isReady(url) {
  await sleep(50);
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
