// PostgreSQL and Temporal on a machine that has neither, for `holdfast up` and the tests. Skip it at first.
// No other role uses it.

import { mkdir, realpath } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { endServer, spawnDetached, type DetachedServer } from './detached-server.js';
import { withFileLock } from './file-lock.js';
import { poll } from './poll.js';
import { requireFreePort } from './tcp-ports.js';
import { chooseAccount, type PostgresAccount } from './postgres-account.js';
import { findPostgresBinaries, type PostgresBinaries } from './postgres-binaries.js';
import { DATABASE_OWNER, ensureDataDirectory, livePostmaster, type Postmaster } from './postgres-directory.js';
import { ensureDatabase, servesDirectory } from './postgres-probe.js';
import { stillRuns, type ProcessMark } from './process-mark.js';
import type { Report } from './report.js';

export interface PostgresOptions {
  /** The data directory; made on the first start. */
  directory: string;
  port: number;
  report: Report;
  /** The accounts that the server may run as, best first; default: what this user can do. */
  accounts?: readonly PostgresAccount[];
  /** Aborts the start and whatever it has started. */
  signal?: AbortSignal;
  /** Binaries of another PostgreSQL than the bundled one. */
  binaries?: PostgresBinaries;
}

export interface EmbeddedPostgres {
  url: string;
  /** The port in use: an adopted server keeps the one it was started with. */
  port: number;
  pid: number;
  outcome: 'started' | 'adopted';
  /** Where the server says why it ended. */
  logFile: string;
  isRunning(): Promise<boolean>;
  /** Stops the server cleanly, even an adopted one. Does nothing if it has ended already. */
  stop(): Promise<void>;
}

const DATABASE = 'holdfast';
const LOCK_WAIT_MS = 180_000;
const READY_MS = 120_000;
const STOP_MS = 30_000;
const RETRY_MS = 10_000;
const RETRY_PAUSE_MS = 200;

/**
 * Starts PostgreSQL on 127.0.0.1, or adopts the server that an earlier run left behind in the same directory.
 * @throws Error naming POSTGRES_PORT when the port is taken, DATABASE_URL when PostgreSQL cannot run here, or with the
 * last lines of the server's log.
 */
export async function startPostgres(options: PostgresOptions): Promise<EmbeddedPostgres> {
  const { directory, port, report, accounts, signal } = options;
  const data = await canonical(directory);
  const onWait = (pid: number) => report(`PostgreSQL: process ${pid} is starting it; waiting`);
  return withFileLock(`${data}.lock`, { waitMs: LOCK_WAIT_MS, onWait, signal }, async () => {
    const survivor = (await adopt(data, signal)) ?? (await adoptFromPort(data, port, signal));
    if (survivor !== undefined) return handle(data, survivor, 'adopted');

    const binaries = options.binaries ?? (await findPostgresBinaries());
    const account = await chooseAccount(binaries, accounts);
    report(`PostgreSQL: starting in ${data}`);
    await ensureDataDirectory(data, binaries, account, signal);
    const { postmaster, outcome } = await launch({ data, port, binaries, account, signal });
    return handle(data, postmaster, outcome);
  });
}

/** The server that an earlier run left behind in this data directory. */
export async function postgresSurvivor(directory: string): Promise<Postmaster | undefined> {
  return livePostmaster(await canonical(directory));
}

async function handle(
  data: string,
  postmaster: Postmaster,
  outcome: EmbeddedPostgres['outcome'],
): Promise<EmbeddedPostgres> {
  const { mark, port } = postmaster;
  try {
    await ensureDatabase(port, DATABASE);
  } catch (error) {
    await endPostgres(mark);
    throw error;
  }
  return {
    url: `postgres://${DATABASE_OWNER}@127.0.0.1:${port}/${DATABASE}`,
    port,
    pid: mark.pid,
    outcome,
    logFile: logFileOf(data),
    isRunning: () => stillRuns(mark),
    stop: () => endPostgres(mark),
  };
}

const logFileOf = (data: string) => join(data, 'server.log');

/** SIGINT is PostgreSQL's fast shutdown, SIGQUIT its immediate one: the log then repairs the data at the next start. */
async function endPostgres(mark: ProcessMark): Promise<void> {
  await endServer(mark, ['SIGINT', 'SIGQUIT'], STOP_MS);
}

/** The live server of this directory, once it answers; undefined if there is none, or if it ended while we waited. */
async function adopt(data: string, signal?: AbortSignal): Promise<Postmaster | undefined> {
  return becomesReady(data, async () => false, signal).catch(async (error: unknown) => {
    const survivor = signal?.aborted === true ? await livePostmaster(data) : undefined;
    if (survivor !== undefined) await endPostgres(survivor.mark);
    throw error;
  });
}

/**
 * The server of this directory when it is the one that holds the port, having come up after the last look; undefined
 * when the port is free.
 * @throws Error naming POSTGRES_PORT when another program holds it.
 */
async function adoptFromPort(data: string, port: number, signal?: AbortSignal): Promise<Postmaster | undefined> {
  try {
    await requireFreePort(port, 'POSTGRES_PORT');
    return undefined;
  } catch (error) {
    const survivor = await adopt(data, signal);
    if (survivor !== undefined) return survivor;
    throw error;
  }
}

/**
 * Waits for the server that holds this directory, which need not be the one we started, to answer queries.
 * Undefined when there is none, and `coming` says that none will come.
 * @throws Error when it lives but does not answer within the deadline.
 */
async function becomesReady(
  data: string,
  coming: () => Promise<boolean>,
  signal?: AbortSignal,
): Promise<Postmaster | undefined> {
  const look = async () => {
    const willCome = await coming();
    const postmaster = await livePostmaster(data);
    if (postmaster === undefined) return willCome ? undefined : 'none';
    return (await servesDirectory(postmaster.port, data)) ? postmaster : undefined;
  };
  const ready = await poll(READY_MS, look, signal);
  if (ready === undefined) throw new Error(`PostgreSQL runs in ${data} but does not answer; see its server.log`);
  return ready === 'none' ? undefined : ready;
}

interface Launch {
  data: string;
  port: number;
  binaries: PostgresBinaries;
  account: PostgresAccount;
  signal: AbortSignal | undefined;
}

async function launch({ data, port, binaries, account, signal }: Launch): Promise<Launched> {
  const args = ['-D', data, '-p', String(port), '-k', '', '-c', 'listen_addresses=127.0.0.1', '-c', 'timezone=UTC'];
  const giveUpAt = Date.now() + RETRY_MS;
  for (;;) {
    signal?.throwIfAborted();
    const server = await spawnDetached(account.command(binaries.postgres, args), logFileOf(data));
    const postmaster = await becomesReady(data, () => stillRuns(server.mark), signal).catch(async (error: unknown) => {
      await endPostgres(server.mark);
      throw error;
    });
    if (postmaster !== undefined) {
      return { postmaster, outcome: postmaster.mark.pid === server.mark.pid ? 'started' : 'adopted' };
    }
    const winner = await adoptFromPort(data, port, signal);
    if (winner !== undefined) return { postmaster: winner, outcome: 'adopted' };
    if (Date.now() >= giveUpAt || !(await lingers(server))) {
      throw new Error(`PostgreSQL ended while it started:\n${await server.lastLines()}`);
    }
    await sleep(RETRY_PAUSE_MS);
  }
}

interface Launched {
  postmaster: Postmaster;
  outcome: EmbeddedPostgres['outcome'];
}

/** Whether the start failed only because processes of a killed server have not ended yet. */
async function lingers(server: DetachedServer): Promise<boolean> {
  return /pre-existing shared memory block|lock file .* already exists/.test(await server.lastLines());
}

/** The path that the server will report. */
async function canonical(directory: string): Promise<string> {
  const path = resolve(directory);
  await mkdir(dirname(path), { recursive: true });
  return realpath(path).catch(async () => join(await realpath(dirname(path)), basename(path)));
}
