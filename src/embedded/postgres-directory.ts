import { access, mkdtemp, readFile, readdir, readlink, rename, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf } from './errors.js';
import { giveTo, runToEnd, type PostgresAccount } from './postgres-account.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { markOf, type ProcessMark } from './process-mark.js';
import { runCommand } from './run-command.js';
import { serverEnvironment } from './search-path.js';

/** A live PostgreSQL server process, as its lock file names it. */
export interface Postmaster {
  mark: ProcessMark;
  port: number;
}

export const DATABASE_OWNER = 'holdfast';

const INITDB_MS = 120_000;
const PS_MS = 5_000;

/**
 * Makes the data directory when there is none. A killed run leaves only `<directory>.tmp…`, which the next one removes.
 * @throws Error naming DATABASE_URL, with initdb's last lines, when that fails.
 */
export async function ensureDataDirectory(
  directory: string,
  { initdb }: PostgresBinaries,
  account: PostgresAccount,
  signal?: AbortSignal,
): Promise<void> {
  if (!(await exists(join(directory, 'PG_VERSION')))) {
    await removeUnfinished(directory);
    const unfinished = await mkdtemp(unfinishedPrefix(directory));
    await giveTo(account, unfinished);
    const args = ['-D', unfinished, '-U', DATABASE_OWNER, '-A', 'trust', '-E', 'UTF8', '--no-locale', '--no-clean'];
    try {
      await runToEnd(account.command(initdb, [...args, '--no-instructions']), INITDB_MS, signal);
    } catch (error) {
      signal?.throwIfAborted();
      const advice = 'set DATABASE_URL to your own PostgreSQL server';
      throw new Error(`no data directory can be made in ${directory}; ${advice}\n${reasonOf(error)}`, { cause: error });
    }
    await rename(unfinished, directory);
  }
  await giveTo(account, directory);
}

/** The live server that works in this directory. A lock file whose pid was given to another process is removed. */
export async function livePostmaster(directory: string): Promise<Postmaster | undefined> {
  const lockFile = join(directory, 'postmaster.pid');
  const [pid, , , port] = (await readFile(lockFile, 'utf8').catch(() => '')).split('\n');
  const mark = await markOf(Number(pid));
  // PostgreSQL itself clears the lock of a dead process.
  if (mark === undefined) return undefined;
  if (await worksIn(mark.pid, directory)) return { mark, port: Number(port) };
  await rm(lockFile, { force: true });
  return undefined;
}

async function removeUnfinished(directory: string): Promise<void> {
  const parent = dirname(directory);
  const prefix = unfinishedPrefix(directory);
  for (const name of await readdir(parent)) {
    const path = join(parent, name);
    // An initdb that outlived its parent may still be writing there: then it is left for the next start.
    if (path.startsWith(prefix)) await rm(path, { recursive: true, force: true }).catch(() => {});
  }
}

function unfinishedPrefix(directory: string): string {
  return `${directory}.tmp`;
}

async function worksIn(pid: number, directory: string): Promise<boolean> {
  try {
    return (await readlink(`/proc/${pid}/cwd`)) === directory;
  } catch {
    const ps = { environment: serverEnvironment(directory), deadlineMs: PS_MS };
    const command = await runCommand('ps', ['-p', String(pid), '-o', 'command='], ps).catch(() => '');
    return command.includes(directory);
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
