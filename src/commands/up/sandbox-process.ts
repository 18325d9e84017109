import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { open, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { poll } from '../../embedded/poll.js';
import { serverEnvironment } from '../../embedded/search-path.js';

export interface SandboxProcessOptions {
  directory: string;
  port: number;
  successRate: number;
  latencyMs: string;
  /** Where it sends its signed events. */
  events: { url: string; secrets: readonly string[] };
  /** Aborts the start and ends the process. */
  signal?: AbortSignal;
}

export interface SandboxProcess {
  url: string;
  pid: number;
  logFile: string;
  isRunning(): Promise<boolean>;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../../sandbox/main.js', import.meta.url));
const READY_MS = 15_000;
const STOP_MS = 10_000;
const SHOWN_LINES = 5;

/**
 * Runs the payment sandbox as a separate process: in its own group, so that Ctrl-C does not reach it before the worker
 * has drained, and ending with our pipe, so that it never outlives us.
 * @throws Error with the end of its output when it does not come up
 */
export async function startSandboxProcess(options: SandboxProcessOptions): Promise<SandboxProcess> {
  const { directory, port, events, signal } = options;
  const logFile = join(directory, 'sandbox.log');
  const log = await open(logFile, 'a');
  const { size } = await log.stat();
  // Another sandbox may answer on the port; only ours knows this.
  const instance = randomUUID();
  const args = ['--port', String(port), '--ledger', join(directory, 'sandbox-ledger.jsonl'), '--instance', instance];
  args.push('--success-rate', String(options.successRate), '--latency-ms', options.latencyMs, '--exit-with-stdin');
  args.push('--events-url', events.url);
  const child = spawn(process.execPath, [PROGRAM, ...args], {
    detached: true,
    stdio: ['pipe', log.fd, log.fd],
    // Every user of the machine can read a command line, but not the environment.
    env: serverEnvironment(directory, { SANDBOX_EVENT_SECRETS: events.secrets.join(',') }),
  });
  const ended = once(child, 'exit');
  await log.close();

  const url = `http://127.0.0.1:${port}`;
  const look = async () => (child.exitCode === null ? answers(url, instance) : false);
  try {
    const ready = await poll(READY_MS, look, signal);
    if (ready !== true) throw new Error(await reasonIn(logFile, size, port));
  } catch (error) {
    child.kill('SIGKILL');
    await ended;
    throw error;
  }

  const isRunning = () => child.exitCode === null && child.signalCode === null;
  return {
    url,
    pid: child.pid ?? -1,
    logFile,
    isRunning: async () => isRunning(),
    async stop() {
      if (!isRunning()) return;
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(cut);
    },
  };
}

async function answers(url: string, instance: string): Promise<true | undefined> {
  try {
    const response = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1_000) });
    const body = (await response.json()) as { instance?: unknown };
    return body.instance === instance ? true : undefined;
  } catch {
    return undefined;
  }
}

async function reasonIn(logFile: string, start: number, port: number): Promise<string> {
  const content = (await readFile(logFile)).subarray(start).toString('utf8').trimEnd();
  const lines = content.split('\n').slice(-SHOWN_LINES).join('\n');
  return `the payment sandbox did not start on port ${port}; is SANDBOX_PORT free?\n${lines}`;
}
