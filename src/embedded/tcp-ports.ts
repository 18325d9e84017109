import { randomInt } from 'node:crypto';
import { readFile, readdir, readlink } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import { errorCode, reasonOf } from './errors.js';
import { poll } from './poll.js';

const LOOPBACK = '127.0.0.1';
const LISTENING = '0A';
const RELEASE_MS = 1_000;

// Below those that systems give to outgoing connections: such a one could take the port before its server does.
const FIRST = 15_000;
const COUNT = 15_000;

/** A TCP port on 127.0.0.1 that no one listens on at this moment, chosen at random. */
export async function freePort(): Promise<number> {
  for (;;) {
    try {
      return await listenOnce(FIRST + randomInt(COUNT), LOOPBACK);
    } catch (error) {
      if (errorCode(error) !== 'EADDRINUSE') throw error;
    }
  }
}

/**
 * Waits a moment for the port: a killed server holds it until its last thread is gone.
 * @throws Error naming the port, who has it, and the environment variable that moves it, when something listens on it.
 */
export async function requireFreePort(port: number, variable: string, options: PortOptions = {}): Promise<void> {
  const { host = LOOPBACK, waitMs = RELEASE_MS } = options;
  let error: unknown;
  const free = await poll(waitMs, async () => {
    try {
      return await listenOnce(port, host);
    } catch (taken) {
      error = taken;
      return undefined;
    }
  });
  if (free !== undefined) return;
  const why =
    errorCode(error) === 'EADDRINUSE'
      ? `port ${port} is taken by ${(await listenerOn(port)) ?? 'another program'}; set ${variable} to a free one`
      : `port ${port} of ${host} cannot be used (${reasonOf(error)}); set ${variable} to another one`;
  throw new Error(why, { cause: error });
}

export interface PortOptions {
  host?: string;
  waitMs?: number;
}

/** The process that listens on the port, for people; undefined where the system does not tell. */
async function listenerOn(port: number): Promise<string | undefined> {
  const names = await readdir('/proc').catch(() => []);
  for (const pid of names.filter((name) => /^\d+$/.test(name)).map(Number)) {
    if ((await listensOn(pid, port)) !== true) continue;
    const command = await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '');
    return `process ${pid} (${command.trim()})`;
  }
  return undefined;
}

/** Whether something accepts connections on this port of 127.0.0.1. */
export async function portAnswers(port: number, deadlineMs = 1_000): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: LOOPBACK, port });
    const settle = (answers: boolean) => {
      socket.destroy();
      resolve(answers);
    };
    socket.setTimeout(deadlineMs, () => settle(false));
    socket.once('connect', () => settle(true));
    socket.once('error', () => settle(false));
  });
}

/** Whether this very process listens on the port; undefined where the system does not tell (no /proc). */
export async function listensOn(pid: number, port: number): Promise<boolean | undefined> {
  try {
    const tables = await Promise.all(['tcp', 'tcp6'].map((table) => readFile(`/proc/${pid}/net/${table}`, 'utf8')));
    const sockets = new Set(
      tables.flatMap((table) => listeningInodes(table, port)).map((inode) => `socket:[${inode}]`),
    );
    for (const descriptor of await readdir(`/proc/${pid}/fd`)) {
      const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '');
      if (sockets.has(target)) return true;
    }
    return false;
  } catch {
    return undefined;
  }
}

function listeningInodes(table: string, port: number): string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return table.split('\n').flatMap((line) => {
    const [, local, , state, , , , , , inode] = line.trim().split(/\s+/);
    return local?.endsWith(suffix) && state === LISTENING && inode !== undefined ? [inode] : [];
  });
}

async function listenOnce(port: number, host: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', reject);
    server.listen(port, host, () => {
      const address = server.address();
      server.close(() => {
        if (address !== null && typeof address === 'object') resolve(address.port);
        else reject(new Error('the system gave no port'));
      });
    });
  });
}
