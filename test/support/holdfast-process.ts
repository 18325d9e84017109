import { spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

export interface HoldfastProcess {
  /** The base URL of its API. */
  url: string;
  internalUrl: string;
  pid: number;
  /** What it has printed so far. */
  output(): string;
  kill(signal: NodeJS.Signals): void;
  exited: Promise<number | null>;
  /** SIGTERM, and when that does not end it, SIGKILL. */
  stop(): Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const READY_MS = 60_000;
const STOP_MS = 20_000;
const PORT_TAKEN = 'is taken by another program';
const MOST_TRIES = 3;

/** Runs the built program, or another one, with a command, on free ports, and waits until it says that it is ready. */
export async function startProcess(
  command: string[],
  environment: Record<string, string>,
  { readyMs = READY_MS, program = PROGRAM }: { readyMs?: number; program?: string } = {},
): Promise<HoldfastProcess> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await start(program, command, environment, readyMs);
    } catch (error) {
      // A port that was free when it was chosen may be someone else's by the time that it is listened on.
      if (!(error instanceof NotReady) || !error.output.includes(PORT_TAKEN) || tries === MOST_TRIES) throw error;
    }
  }
}

class NotReady extends Error {
  readonly output: string;
  constructor(command: string[], output: string) {
    super(`"holdfast ${command.join(' ')}" did not become ready:\n${output}`);
    this.output = output;
  }
}

async function start(
  program: string,
  command: string[],
  environment: Record<string, string>,
  readyMs: number,
): Promise<HoldfastProcess> {
  const [port, internalPort] = [await freePort(), await freePort()];
  const child = spawn(process.execPath, [program, ...command], {
    env: {
      PATH: process.env['PATH'],
      HOME: process.env['HOME'],
      PORT: `${port}`,
      INTERNAL_PORT: `${internalPort}`,
      ...environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const exited = once(child, 'exit').then(([code]) => code as number | null);

  const internalUrl = `http://127.0.0.1:${environment['INTERNAL_PORT'] ?? internalPort}`;
  const deadline = Date.now() + readyMs;
  while (!(await isReady(internalUrl))) {
    if (child.exitCode !== null || Date.now() > deadline) {
      child.kill('SIGKILL');
      throw new NotReady(command, output);
    }
  }

  const stop = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return child.exitCode;
    child.kill('SIGTERM');
    const cut = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
    return exited.finally(() => clearTimeout(cut));
  };
  return {
    url: `http://127.0.0.1:${environment['PORT'] ?? port}`,
    internalUrl,
    pid: child.pid ?? -1,
    output: () => output,
    kill: (signal) => void child.kill(signal),
    exited,
    stop,
  };
}

// Below those from which systems take ports for connections: such a one would be gone before it is listened on.
const PORTS = { first: 15_000, count: 15_000 };

/** A port that no one listens on. Chosen at random, so that two who ask at once hardly get the same. */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = PORTS.first + randomInt(PORTS.count);
    const server = createServer();
    const isFree = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false));
      server.listen(port, '127.0.0.1', () => resolve(true));
    });
    if (!isFree) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
}

async function isReady(url: string): Promise<boolean> {
  await new Promise((resolve) => setTimeout(resolve, 50));
  try {
    return (await fetch(`${url}/readyz`, { signal: AbortSignal.timeout(2_000) })).ok;
  } catch {
    return false;
  }
}
