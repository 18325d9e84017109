import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { eventually } from './end-state.js';
import { freePort } from './holdfast-process.js';
import { TEST_KEY } from './test-key.js';

export type Environment = Record<string, string>;

export interface UpProcess {
  pid: number;
  output(): string;
  /** Resolves when the process has printed this. @throws Error with its output when it ends before. */
  says(text: string | RegExp): Promise<void>;
  kill(signal: NodeJS.Signals): void;
  exited: Promise<number | null>;
}

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const PORTS = ['PORT', 'INTERNAL_PORT', 'TEMPORAL_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT', 'SANDBOX_PORT'];

/** A home of its own, with free ports, for `holdfast up`. */
export async function newHome(): Promise<Environment> {
  const home = await mkdtemp(join(tmpdir(), 'holdfast-up-'));
  await writeFile(join(home, 'api-key'), `${TEST_KEY.text}\n`);
  const ports = await Promise.all(PORTS.map(async (name) => [name, `${await freePort()}`] as const));
  const cli = process.env['HOLDFAST_TEMPORAL_CLI'] ?? '';
  return { HOLDFAST_HOME: home, HOLDFAST_TEMPORAL_CLI: cli, BREAKER_FAILURES: '1000', ...Object.fromEntries(ports) };
}

/** The same after initdb, which need not run again for what comes after it. */
export async function newHomeWithData(): Promise<Environment> {
  const home = await newHome();
  const data = join(home['HOLDFAST_HOME'] ?? '', 'postgres');
  // A thousand files: Node itself would take as long as initdb.
  await promisify(execFile)('cp', ['-R', process.env['HOLDFAST_IT_DATA'] ?? '', data]);
  return home;
}

/** Ends whatever still runs in the home, and removes it. */
export async function removeHome({ HOLDFAST_HOME: home = '' }: Environment): Promise<void> {
  for (const { pid } of await processesOf(home)) signal(pid, 'SIGKILL');
  await rm(home, { recursive: true, force: true, maxRetries: 5 });
}

/** Runs `holdfast up`, and does not wait for anything. */
export function spawnUp(environment: Environment): UpProcess {
  const env = { PATH: process.env['PATH'], HOME: process.env['HOME'], ...environment };
  const child = spawn(process.execPath, [PROGRAM, 'up'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  child.stdout.on('data', (chunk) => (output += String(chunk)));
  child.stderr.on('data', (chunk) => (output += String(chunk)));
  const exited = once(child, 'close').then(([code]) => code as number | null);
  const hasSaid = (text: string | RegExp) => (typeof text === 'string' ? output.includes(text) : text.test(output));
  return {
    pid: child.pid ?? -1,
    output: () => output,
    async says(text) {
      const said = async () => hasSaid(text) || child.exitCode !== null || child.signalCode !== null;
      await eventually(said, (done) => done, 120_000);
      if (!hasSaid(text)) throw new Error(`"holdfast up" ended before it said ${text}:\n${output}`);
    },
    kill: (name) => void child.kill(name),
    exited,
  };
}

/** The live processes that work in the home or name it on their command line. */
export async function processesOf(home: string): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const all = await Promise.all(
    pids.map(async (pid) => {
      const command = (await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')).replaceAll('\0', ' ').trim();
      const cwd = await readlink(`/proc/${pid}/cwd`).catch(() => '');
      return { pid, command, isOurs: command.includes(home) || cwd.startsWith(home) };
    }),
  );
  return all.filter(({ isOurs }) => isOurs).map(({ pid, command }) => ({ pid, command }));
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended.
  }
}
