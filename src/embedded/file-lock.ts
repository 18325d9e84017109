// Hand-written because `proper-lockfile` waits until a lock is stale; here a dead holder is recognized immediately.

import { createHash, randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from './errors.js';
import { markOf, parseMark, stillRuns, type ProcessMark } from './process-mark.js';

export interface LockOptions {
  /** How long to wait for the holder before giving up. */
  waitMs: number;
  /** Called with the holder when the wait begins, and every 15 s after that. */
  onWait: (holderPid: number) => void;
  /** Aborts the wait. */
  signal?: AbortSignal | undefined;
}

export type LockAttempt =
  /** `stale`: the last holder died without releasing it. */
  { kind: 'held'; stale: boolean; release(): Promise<void> } | { kind: 'taken'; holder: ProcessMark };

const POLL_MS = 100;
const REMIND_MS = 15_000;

/**
 * Runs `work` while no other process on this machine holds the lock file. The lock of a process that died is taken
 * over.
 * @throws Error if the holder does not release it within `waitMs`; and whatever `work` throws.
 */
export async function withFileLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const release = await acquire(path, options);
  try {
    return await work();
  } finally {
    await release();
  }
}

/** Takes the lock file until `release`, or names the live process that holds it. */
export async function tryFileLock(path: string): Promise<LockAttempt> {
  const content = JSON.stringify({ ...(await markOf(process.pid)), token: randomUUID() });
  await mkdir(dirname(path), { recursive: true });
  for (let stale = false; ;) {
    if (await create(path, content)) {
      const release = async () => {
        if ((await contentOf(path)) === content) await rm(path, { force: true });
      };
      return { kind: 'held', stale, release };
    }
    const held = await contentOf(path);
    if (held === undefined) continue;
    const holder = parseMark(parseJson(held));
    if (holder !== undefined && (await stillRuns(holder))) return { kind: 'taken', holder };
    await removeStale(path, held);
    stale = true;
  }
}

async function acquire(path: string, { waitMs, onWait, signal }: LockOptions): Promise<() => Promise<void>> {
  const giveUpAt = Date.now() + waitMs;
  let remindAt = 0;
  for (;;) {
    signal?.throwIfAborted();
    const attempt = await tryFileLock(path);
    if (attempt.kind === 'held') return attempt.release;
    const { pid } = attempt.holder;
    if (Date.now() >= giveUpAt) throw new Error(`process ${pid} still holds ${path} after ${waitMs / 1000} s`);
    if (Date.now() >= remindAt) {
      remindAt = Date.now() + REMIND_MS;
      onWait(pid);
    }
    await sleep(POLL_MS);
  }
}

/** Links a complete file into place, so that a half-written lock is never visible. */
async function create(path: string, content: string): Promise<boolean> {
  const draft = `${path}.${randomUUID()}`;
  await writeFile(draft, content);
  try {
    await link(draft, path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'EEXIST') return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/**
 * Removes the lock of a dead process. This takes a lock named after that very content: of several starters that found
 * it, a slow one must not remove the lock that a fast one has put in its place.
 */
async function removeStale(path: string, stale: string): Promise<void> {
  const removal = `${path}.${createHash('sha256').update(stale).digest('hex').slice(0, 16)}`;
  await withFileLock(removal, { waitMs: 10_000, onWait: () => {} }, async () => {
    if ((await contentOf(path)) === stale) await rm(path, { force: true });
  });
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
