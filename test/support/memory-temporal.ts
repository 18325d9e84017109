import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { Connection } from '@temporalio/client';
import { freePort } from './holdfast-process.js';

export interface MemoryTemporal {
  address: string;
  /** Kills the server. All that it knew is gone. */
  kill(): Promise<void>;
  /** Starts an empty server on the same port. */
  start(): Promise<void>;
}

const READY_MS = 60_000;

/** A development server of the test's own, without a file. */
export async function startMemoryTemporal(): Promise<MemoryTemporal> {
  const port = await freePort();
  const address = `127.0.0.1:${port}`;
  let server: ChildProcess | undefined;

  const temporal: MemoryTemporal = {
    address,
    async kill() {
      if (server === undefined || server.exitCode !== null || server.signalCode !== null) return;
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      await exited;
    },
    async start() {
      const program = process.env['HOLDFAST_TEMPORAL_CLI'] ?? 'temporal';
      const flags = ['--ip', '127.0.0.1', '--port', `${port}`, '--headless', '--log-level', 'error'];
      server = spawn(program, ['server', 'start-dev', ...flags], { stdio: 'ignore' });
      await answers(address, server);
    },
  };
  await temporal.start();
  return temporal;
}

async function answers(address: string, server: ChildProcess): Promise<void> {
  const deadline = Date.now() + READY_MS;
  for (;;) {
    try {
      const connection = await Connection.connect({ address, connectTimeout: 1_000 });
      return await connection.close();
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}
