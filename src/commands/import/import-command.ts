// `holdfast import`: products from CSV, line by line. Never a route of the API.

import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import type { Readable } from 'node:stream';
import { withLineMarks } from '../../adapters/postgres/catalog/line-marks.js';
import { orUnavailable } from '../../adapters/postgres/or-unavailable.js';
import { accountName } from '../account-name.js';
import { withDatabase } from '../database.js';
import { describeFailure, openFailedLines, type FailedLine, type FailedLines } from './failed-lines.js';
import { startProgress } from './import-progress.js';
import { importProducts, type ImportReport } from './import-products.js';

export interface ImportRequest {
  databaseUrl: string;
  /** A path, or `-` for the standard input. */
  file: string;
  /** The file for lines that failed. */
  errors?: string;
  raiseStock: boolean;
  /** The person whom the stock movements name; default: the account that runs this. */
  actor?: string;
  say: (line: string) => void;
  warn: (line: string) => void;
}

const MOST_SHOWN = 20;
const EXIT_FAILED = 1;
const EXIT_INTERRUPTED = 130;

/**
 * Imports products from a CSV file. The first Ctrl-C ends it after the batch that is being written.
 * @returns the exit code
 * @throws Error that says how far it got; the same file can then be imported again
 */
export async function importCommand(request: ImportRequest): Promise<number> {
  const { databaseUrl, file, errors, raiseStock, say, warn } = request;
  const { source, size } = await openSource(file);
  const openErrors = errors === undefined ? undefined : await openFailedLines(errors, file);
  const interrupted = new AbortController();
  const interrupt = () => {
    interrupted.abort(new Error('interrupted'));
    source.destroy(interrupted.signal.reason as Error);
  };
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const progress = startProgress(process.stderr, size);

  const shown: FailedLine[] = [];
  let failures: FailedLines | undefined;
  let lastLine = 0;
  let report: ImportReport;
  try {
    report = await withDatabase(databaseUrl, async (database) =>
      withLineMarks(database, (mark) =>
        importProducts({
          database,
          mark,
          chunks: source,
          raiseStock,
          actor: { requestId: randomUUID(), name: request.actor ?? accountName() },
          signal: interrupted.signal,
          onHeader: (header, delimiter) => (failures = openErrors?.(header, delimiter)),
          onBatch: async (now, failed, bytes) => {
            lastLine = now.lastLine;
            shown.push(...failed.slice(0, MOST_SHOWN - shown.length));
            await failures?.write(failed);
            progress.update({ bytes, ...now });
          },
        }),
      ),
    );
  } catch (error) {
    for (const one of shown) warn(describeFailure(one));
    throw await stopped(error, file, lastLine);
  } finally {
    progress.stop();
    process.off('SIGINT', interrupt).off('SIGTERM', interrupt);
    source.destroy();
    await failures?.close();
  }

  for (const one of shown) warn(describeFailure(one));
  if (report.failed > shown.length) warn(`and ${report.failed - shown.length} more lines; --errors FILE has them all`);
  if (report.failed > 0 && errors !== undefined) warn(`Correct the lines in ${errors}, then import that file.`);
  for (const line of summary(report, raiseStock)) say(line);
  if (interrupted.signal.aborted) {
    say(`Stopped after line ${report.lastLine}; import the same file again to go on.`);
    return EXIT_INTERRUPTED;
  }
  return report.failed > 0 ? EXIT_FAILED : 0;
}

function summary({ lines, created, updated, unchanged, failed, short }: ImportReport, raiseStock: boolean): string[] {
  const counts = `${lines} products: ${created} created, ${updated} updated, ${unchanged} unchanged, ${failed} failed.`;
  if (short === 0 || raiseStock) return [counts];
  return [counts, `${short} have less stock than on_hand says and keep it; use --raise-stock to raise it.`];
}

async function openSource(file: string): Promise<{ source: Readable; size?: number }> {
  if (file === '-') return { source: process.stdin };
  const source = createReadStream(file);
  try {
    await once(source, 'open');
    const facts = await stat(file);
    if (facts.isDirectory()) throw new Error('it is a folder');
    return facts.isFile() ? { source, size: facts.size } : { source };
  } catch (error) {
    source.destroy();
    throw new Error(`${file} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

/** An error that ended the import, with the consequence for the file. */
async function stopped(cause: unknown, file: string, lastLine: number): Promise<Error> {
  const error = await orUnavailable(Promise.reject(cause as Error)).catch((found: Error) => found);
  const name = file === '-' ? 'The input' : file;
  const far = lastLine === 0 ? 'nothing was imported' : `it was imported up to line ${lastLine}`;
  return new Error(`${name}: ${error.message}; ${far}.`, { cause });
}
