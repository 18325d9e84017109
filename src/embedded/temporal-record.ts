import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseMark, stillRuns, type ProcessMark } from './process-mark.js';

/** What a start leaves behind in the directory, so that a later run finds a server that outlived its parent. */
export interface TemporalRecord {
  mark: ProcessMark;
  port: number;
  uiPort: number;
}

export async function writeRecord(directory: string, { mark, port, uiPort }: TemporalRecord): Promise<void> {
  const draft = `${recordFile(directory)}.tmp`;
  await writeFile(draft, `${JSON.stringify({ ...mark, port, uiPort })}\n`);
  await rename(draft, recordFile(directory));
}

/** The recorded server if that very process still runs; a dead or reused pid does not count. */
export async function readRecord(directory: string): Promise<TemporalRecord | undefined> {
  const record = parseRecord(await readFile(recordFile(directory), 'utf8').catch(() => ''));
  return record !== undefined && (await stillRuns(record.mark)) ? record : undefined;
}

export async function removeRecord(directory: string): Promise<void> {
  await rm(recordFile(directory), { force: true });
}

function recordFile(directory: string): string {
  return join(directory, 'server.json');
}

function parseRecord(text: string): TemporalRecord | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const mark = parseMark(value);
    if (mark === undefined || typeof value !== 'object' || value === null) return undefined;
    if (!('port' in value) || typeof value.port !== 'number') return undefined;
    if (!('uiPort' in value) || typeof value.uiPort !== 'number') return undefined;
    return { mark, port: value.port, uiPort: value.uiPort };
  } catch {
    return undefined;
  }
}
