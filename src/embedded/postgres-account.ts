import { chown, lstat, readdir } from 'node:fs/promises';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import type { Command } from './detached-server.js';
import { reasonOf } from './errors.js';
import type { PostgresBinaries } from './postgres-binaries.js';
import { runCommand } from './run-command.js';
import { serverEnvironment } from './search-path.js';

/** The account that PostgreSQL runs as, since it refuses to run as root. */
export interface PostgresAccount {
  name: 'namespace' | 'nobody' | 'ourselves';
  /** The user id that must own the data directory, as seen from outside. */
  owner: number | undefined;
  command(file: string, args: readonly string[]): Command;
}

const NOBODY = 65_534;
const PROBE_MS = 10_000;

const ourselves: PostgresAccount = {
  name: 'ourselves',
  owner: undefined,
  command: (file, args) => ({ file, args }),
};

/** A user whom PostgreSQL takes for "nobody": files keep their owner, so directories closed to others work too. */
const namespace: PostgresAccount = {
  name: 'namespace',
  owner: process.getuid?.(),
  command: (file, args) => ({
    file: 'unshare',
    args: ['--user', `--map-user=${NOBODY}`, `--map-group=${NOBODY}`, file, ...args],
  }),
};

const nobody: PostgresAccount = {
  name: 'nobody',
  owner: NOBODY,
  command: (file, args) => ({ file, args, uid: NOBODY, gid: NOBODY }),
};

/** The options for root, best first. */
export const rootAccounts: readonly PostgresAccount[] = [namespace, nobody];

/** PostgreSQL does not run as root, and initdb not for a user id without a name. */
function accountsOfThisUser(): readonly PostgresAccount[] {
  if (process.getuid?.() === 0) return rootAccounts;
  return hasName() ? [ourselves] : [namespace];
}

function hasName(): boolean {
  try {
    return userInfo().username !== '';
  } catch {
    return false;
  }
}

/**
 * The first account that can run PostgreSQL's programs on this machine.
 * @throws Error naming DATABASE_URL, with every account's reason, when none can.
 */
export async function chooseAccount(
  { postgres }: PostgresBinaries,
  accounts: readonly PostgresAccount[] = accountsOfThisUser(),
): Promise<PostgresAccount> {
  const reasons: string[] = [];
  for (const account of accounts) {
    try {
      await runToEnd(account.command(postgres, ['--version']), PROBE_MS);
      return account;
    } catch (error) {
      reasons.push(`- as ${account.name}: ${reasonOf(error)}`);
    }
  }
  throw new Error(
    ['PostgreSQL cannot be run by this user; set DATABASE_URL to your own PostgreSQL server', ...reasons].join('\n'),
  );
}

/** Runs one of PostgreSQL's programs to its end. @throws Error with its last lines when it fails. */
export async function runToEnd(
  { file, args, uid, gid }: Command,
  deadlineMs: number,
  signal?: AbortSignal,
): Promise<void> {
  await runCommand(file, args, {
    environment: serverEnvironment(tmpdir()),
    deadlineMs,
    ...(signal === undefined ? {} : { signal }),
    ...(uid === undefined ? {} : { uid }),
    ...(gid === undefined ? {} : { gid }),
  });
}

/** Gives the directory and all in it to the account, when it is not its own already. */
export async function giveTo({ owner }: PostgresAccount, directory: string): Promise<void> {
  if (owner === undefined || (await lstat(directory)).uid === owner) return;
  const entries = await readdir(directory, { recursive: true });
  for (const entry of ['', ...entries]) await chown(join(directory, entry), owner, owner);
}
