import { mkdir, readFile, realpath, rename, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { tryFileLock } from '../../embedded/file-lock.js';
import { markOf, parseMark } from '../../embedded/process-mark.js';

/** The directory of everything that an `up` starts. Only one `up` uses it at a time. */
export interface Home {
  directory: string;
  /** Whether the last `up` here was killed, so that its servers may still run. */
  crashed: boolean;
  /** Records the ports for the other commands, by the variables that would set them. */
  remember(ports: Ports): Promise<void>;
  release(): Promise<void>;
}

export type Ports = Readonly<Record<string, string>>;

const WHY: Readonly<Record<string, string>> = {
  EACCES: 'this user may not write there',
  EPERM: 'this user may not write there',
  EROFS: 'the file system is read-only',
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  ENOTDIR: 'a part of that path is a file',
  EEXIST: 'that is a file',
};

/**
 * Locks the home for this process, before anything is started in it.
 * @throws Error that says what runs there already, and where; or why nothing can be written there
 */
export async function takeHome(path: string): Promise<Home> {
  const wanted = resolve(path);
  const { directory, attempt } = await lock(wanted).catch((error: NodeJS.ErrnoException) => {
    const why = WHY[error.code ?? ''] ?? error.message;
    throw new Error(`HOLDFAST_HOME ${wanted} cannot be used: ${why}`, { cause: error });
  });
  const file = fileIn(directory);
  if (attempt.kind === 'taken') {
    const { pid } = attempt.holder;
    const kept = await readRecord(directory);
    const where = kept?.pid === pid ? `, http://localhost:${kept.ports['PORT'] ?? ''}` : '';
    throw new Error(
      `Holdfast already runs here: process ${pid}${where} (home: ${directory}).\n` +
        '  Stop it first, or set HOLDFAST_HOME and the ports for a second one.',
    );
  }
  return {
    directory,
    crashed: attempt.stale,
    async remember(ports) {
      await writeFile(`${file}.tmp`, `${JSON.stringify({ ...(await markOf(process.pid)), ports })}\n`);
      await rename(`${file}.tmp`, file);
    },
    async release() {
      await rm(file, { force: true });
      await attempt.release();
    },
  };
}

/** The ports of the `up` that runs in this home; none if it was stopped or never ran. */
export async function portsIn(path: string): Promise<Ports> {
  return (await readRecord(resolve(path)))?.ports ?? {};
}

async function lock(wanted: string) {
  await mkdir(wanted, { recursive: true });
  const directory = await realpath(wanted);
  return { directory, attempt: await tryFileLock(join(directory, 'up.lock')) };
}

function fileIn(directory: string): string {
  return join(directory, 'up.json');
}

async function readRecord(directory: string): Promise<{ pid: number; ports: Ports } | undefined> {
  try {
    const value: unknown = JSON.parse(await readFile(fileIn(directory), 'utf8'));
    const mark = parseMark(value);
    if (mark === undefined || typeof value !== 'object' || value === null || !('ports' in value)) return undefined;
    const ports = Object.entries(value.ports ?? {}).filter(([, port]) => /^\d{1,5}$/.test(String(port)));
    return { pid: mark.pid, ports: Object.fromEntries(ports.map(([name, port]) => [name, String(port)])) };
  } catch {
    return undefined;
  }
}
