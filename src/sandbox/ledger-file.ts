import { mkdir, open } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { parseEntry } from './entries.js';
import type { LedgerEntry } from './entries.js';

/** An append-only file of JSON lines. */
export interface LedgerFile {
  /** What the file held when it was opened, oldest first. */
  loaded: LedgerEntry[];
  /** Resolves when the line is on the disk. After one failed write, every append rejects. */
  append(entry: LedgerEntry): Promise<void>;
  /** Waits for writes in progress. */
  close(): Promise<void>;
}

/**
 * Opens or creates the file. A last line torn by a crash is removed: it was never acknowledged.
 * Throws when any other line is not an entry.
 */
export async function openLedgerFile(path: string): Promise<LedgerFile> {
  await mkdir(dirname(path), { recursive: true });
  const handle = await open(path, 'a+');
  try {
    const loaded = await load(handle, path);
    await syncFolder(dirname(path));
    return { loaded, ...writer(handle) };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

async function load(handle: FileHandle, path: string): Promise<LedgerEntry[]> {
  const text = await handle.readFile('utf8');
  const lines = text.split('\n');
  const tail = lines.pop() ?? '';
  const entries = lines.map((line, index) => {
    const entry = parseEntry(line);
    if (entry === undefined) throw new Error(`line ${index + 1} of the ledger ${path} is not a ledger entry`);
    return entry;
  });
  if (tail === '') return entries;
  const last = parseEntry(tail);
  if (last === undefined) {
    await handle.truncate(Buffer.byteLength(lines.map((line) => `${line}\n`).join('')));
  } else {
    entries.push(last);
    await handle.appendFile('\n');
  }
  await handle.sync();
  return entries;
}

/** A new file's name is durable only when its folder is synced too. */
async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

interface Line {
  text: string;
  written: () => void;
  failed: (error: unknown) => void;
}

/** Lines that arrive while the disk is busy share the next sync, so that not every charge needs its own. */
function writer(handle: FileHandle): Pick<LedgerFile, 'append' | 'close'> {
  let waiting: Line[] = [];
  let flushing: Promise<void> | undefined;
  let broken: Error | undefined;

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      const batch = waiting;
      waiting = [];
      try {
        if (broken !== undefined) throw broken;
        await handle.appendFile(batch.map((line) => line.text).join(''));
        await handle.datasync();
        for (const line of batch) line.written();
      } catch (cause) {
        broken ??= new Error('the ledger file cannot be written', { cause });
        for (const line of batch) line.failed(broken);
      }
    }
    flushing = undefined;
  };

  return {
    append: (entry) =>
      new Promise<void>((written, failed) => {
        waiting.push({ text: `${JSON.stringify(entry)}\n`, written, failed });
        flushing ??= flush();
      }),
    close: async () => {
      await flushing;
      broken ??= new Error('the ledger is closed');
      await handle.close();
    },
  };
}
