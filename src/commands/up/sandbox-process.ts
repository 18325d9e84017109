import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

export interface SandboxProcessOptions {
  directory: string;
  port: number;
  successRate: number;
  latencyMs: string;
  /** Where its signed events go. */
  events: { url: string; secrets: readonly string[] };
}

export interface SandboxProcess {
  url: string;
  stop(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../../sandbox/main.js', import.meta.url));
const READY_MS = 15_000;
const STOP_MS = 10_000;

/**
 * Runs the payment sandbox as a process of its own: in its own group, so that Ctrl-C does not reach it before the
 * worker has drained, and ending with our pipe, so that it never outlives us.
 * @throws Error with the end of its output when it does not come up
 */
export async function startSandboxProcess(options: SandboxProcessOptions): Promise<SandboxProcess> {
  const log = await open(join(options.directory, 'sandbox.log'), 'a');
  const args = ['--port', String(options.port), '--ledger', join(options.directory, 'sandbox-ledger.jsonl')];
  args.push('--success-rate', String(options.successRate), '--latency-ms', options.latencyMs, '--exit-with-stdin');
  args.push('--events-url', options.events.url, '--events-secret', options.events.secrets.join(','));
  const child = spawn(process.execPath, [PROGRAM, ...args], { detached: true, stdio: ['pipe', log.fd, log.fd] });
  const ended = once(child, 'exit');
  await log.close();

  const url = `http://127.0.0.1:${options.port}`;
  const deadline = Date.now() + READY_MS;
  while (!(await answers(url))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new Error(
        `the payment sandbox did not start on port ${options.port}; see sandbox.log, or set SANDBOX_PORT`,
      );
    }
  }
  // Something else may hold the port and answer for it.
  if (child.exitCode !== null) throw new Error(`port ${options.port} is taken; set SANDBOX_PORT to a free one`);

  return {
    url,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill('SIGTERM');
      const cut = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(cut);
    },
  };
}

async function answers(url: string): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  try {
    return (await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(1_000) })).ok;
  } catch {
    return false;
  }
}
