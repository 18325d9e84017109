import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { tryFileLock, withFileLock } from '../../../src/embedded/file-lock.js';
import { markOf } from '../../../src/embedded/process-mark.js';

describe('a file lock', () => {
  let directory: string;
  let path: string;
  let waitedFor: number[];

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-lock-'));
    path = join(directory, 'lock');
    waitedFor = [];
  });

  afterEach(() => rm(directory, { recursive: true, force: true }));

  function locked<T>(work: () => Promise<T>, waitMs = 5_000): Promise<T> {
    return withFileLock(path, { waitMs, onWait: (pid) => waitedFor.push(pid) }, work);
  }

  it('lets one holder in at a time, and tells the others whom they wait for', async () => {
    let inside = 0;
    const most = await Promise.all(
      Array.from({ length: 5 }, () =>
        locked(async () => {
          inside += 1;
          const seen = inside;
          await sleep(20);
          inside -= 1;
          return seen;
        }),
      ),
    );
    expect(most).toEqual([1, 1, 1, 1, 1]);
    expect(new Set(waitedFor)).toEqual(new Set([process.pid]));
    expect(await readdir(directory)).toEqual([]);
  });

  it('is free again after work that failed', async () => {
    await expect(locked(() => Promise.reject(new Error('broken')))).rejects.toThrow('broken');
    expect(await locked(async () => 'in')).toBe('in');
  });

  it.each([
    ['a dead process', { pid: 4_194_303, startedAt: 'long ago' }],
    ['a pid that now belongs to another process', { pid: process.pid, startedAt: 'long ago' }],
    ['no one, having been cut short', '{"pid":'],
  ])('is taken over from %s', async (_holder, content) => {
    await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
    expect(await Promise.all([locked(async () => 1), locked(async () => 2)])).toEqual([1, 2]);
    expect(await readdir(directory)).toEqual([]);
  });

  it('tells a second taker who holds it, and is free after its release', async () => {
    const first = await tryFileLock(path);
    expect(await tryFileLock(path)).toEqual({ kind: 'taken', holder: await markOf(process.pid) });
    if (first.kind === 'held') await first.release();
    expect(await tryFileLock(path)).toMatchObject({ kind: 'held', stale: false });
  });

  it('goes to exactly one of many who find the lock of a dead process, and that one is told', async () => {
    await writeFile(path, JSON.stringify({ pid: 4_194_303, startedAt: 'long ago' }));
    const attempts = await Promise.all(Array.from({ length: 8 }, () => tryFileLock(path)));
    expect(attempts.filter(({ kind }) => kind === 'held')).toMatchObject([{ stale: true }]);
  });

  it('ends its wait when it is told to', async () => {
    await writeFile(path, JSON.stringify(await markOf(process.pid)));
    const options = { waitMs: 5_000, onWait: () => {}, signal: AbortSignal.timeout(50) };
    await expect(withFileLock(path, options, async () => 'in')).rejects.toThrow(/aborted/);
  });

  it('gives up with the name of the holder when that does not let go', async () => {
    await writeFile(path, JSON.stringify(await markOf(process.pid)));
    await expect(locked(async () => 'in', 150)).rejects.toThrow(`process ${process.pid} still holds ${path}`);
  });
});
