import { randomUUID } from 'node:crypto';
import { link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { errorCode } from './errors.js';
import { markOf, parseMark, stillRuns } from './process-mark.js';

export interface LockOptions {
  /** How long to wait for the holder before giving up. */
  waitMs: number;
  /** Told about the holder when the wait begins, and every 15 s after. */
  onWait: (holderPid: number) => void;
}

const POLL_MS = 100;
const REMIND_MS = 15_000;

/**
 * Runs `work` while no other process on this machine holds the lock file. The lock of a process that died is taken over.
 * @throws Error when the holder does not let go within `waitMs`; and whatever `work` throws.
 */
export async function withFileLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const content = JSON.stringify({ ...(await markOf(process.pid)), token: randomUUID() });
  await mkdir(dirname(path), { recursive: true });
  await acquire(path, content, options);
  try {
    return await work();
  } finally {
    if ((await contentOf(path)) === content) await rm(path, { force: true });
  }
}

async function acquire(path: string, content: string, { waitMs, onWait }: LockOptions): Promise<void> {
  const giveUpAt = Date.now() + waitMs;
  let remindAt = 0;
  while (!(await create(path, content))) {
    const held = await contentOf(path);
    if (held === undefined) continue;
    const holder = parseMark(parseJson(held));
    if (holder === undefined || !(await stillRuns(holder))) {
      await removeStale(path, held);
      continue;
    }
    if (Date.now() >= giveUpAt) {
      throw new Error(`process ${holder.pid} still holds ${path} after ${waitMs / 1000} s`);
    }
    if (Date.now() >= remindAt) {
      remindAt = Date.now() + REMIND_MS;
      onWait(holder.pid);
    }
    await sleep(POLL_MS);
  }
}

/** Links a finished file into place, so that a lock is never seen half written. */
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

/** Moves the stale lock aside, and puts it back when a live starter had replaced it in between. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
    if ((await contentOf(aside)) !== stale) await link(aside, path);
  } catch (error) {
    if (!['ENOENT', 'EEXIST'].includes(errorCode(error))) throw error;
  } finally {
    await rm(aside, { force: true });
  }
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
