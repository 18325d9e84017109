import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface SandboxProcess {
  /** SIGKILL: whatever it was doing, it does no more. */
  kill(): Promise<void>;
}

const PROGRAM = fileURLToPath(new URL('../../dist/sandbox/main.js', import.meta.url));

/** The payment sandbox as a process of its own; one that is started again with its ledger goes on with it. */
export async function startSandboxProcess(port: number, ledgerFile: string): Promise<SandboxProcess> {
  const args = ['--port', `${port}`, '--ledger', ledgerFile, '--exit-with-stdin'];
  const child = spawn(process.execPath, [PROGRAM, ...args], { stdio: ['pipe', 'ignore', 'inherit'] });
  const exited = once(child, 'exit');
  for (let tries = 0; !(await isReady(port)); tries += 1) {
    if (tries > 200 || child.exitCode !== null) throw new Error('the payment sandbox did not start');
  }
  return {
    async kill() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function isReady(port: number): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  return fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}
