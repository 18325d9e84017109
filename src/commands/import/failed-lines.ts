import { createWriteStream } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { once } from 'node:events';
import { finished } from 'node:stream/promises';
import { ERROR_COLUMN, type Fault } from './product-line.js';

export interface FailedLine {
  line: number;
  /** The last line of a record with line breaks. */
  lastLine: number;
  /** The text in the file. */
  text: string;
  faults: readonly Fault[];
}

export interface FailedLines {
  write(failed: readonly FailedLine[]): Promise<void>;
  close(): Promise<void>;
}

/** What is wrong with a record, in one line. */
export function describeFailure({ line, lastLine, faults }: FailedLine): string {
  const place = lastLine === line ? `line ${line}` : `lines ${line} to ${lastLine}`;
  return `${place}: ${faults.map(({ field, detail }) => (field === '' ? detail : `${field} ${detail}`)).join('; ')}`;
}

/**
 * Opens a file for lines that failed: the unchanged lines, each after a column with its faults. Once corrected, it can
 * be imported directly.
 * @throws Error if it cannot be written, or is the file being read
 */
export async function openFailedLines(
  path: string,
  source: string,
): Promise<(header: string, delimiter: string) => FailedLines> {
  if (await isSame(path, source)) throw new Error(`--errors ${path} is the file to import; name another one`);
  const stream = createWriteStream(path);
  let fault: Error | undefined;
  stream.on('error', (error) => (fault = error));
  await once(stream, 'open').catch((error: Error) => {
    throw new Error(`--errors ${path} cannot be written: ${error.message}`, { cause: error });
  });

  const put = async (text: string): Promise<void> => {
    if (fault !== undefined) throw fault;
    if (!stream.write(text)) await once(stream, 'drain');
  };

  return (header, delimiter) => {
    const hasErrors = hasErrorColumn(header, delimiter);
    const started = put(`${hasErrors ? header : `${ERROR_COLUMN}${delimiter}${header}`}\n`);
    // The next write reports it.
    started.catch(() => {});
    return {
      async write(failed) {
        await started;
        for (const one of failed) {
          const line = hasErrors ? withoutErrorCell(one.text, delimiter) : one.text;
          await put(`"${describeFailure(one).replaceAll('"', '""')}"${delimiter}${line}\n`);
        }
      },
      async close() {
        stream.end();
        await finished(stream);
      },
    };
  };
}

function hasErrorColumn(header: string, delimiter: string): boolean {
  const first = header.split(delimiter)[0] ?? '';
  return /^\s*"?error"?\s*$/i.test(first);
}

function withoutErrorCell(record: string, delimiter: string): string {
  const quoted = /^\s*"(?:[^"]|"")*"\s*/.exec(record)?.[0];
  const end = quoted?.length ?? record.indexOf(delimiter);
  return end < 0 ? '' : record.slice(end).replace(delimiter, '');
}

async function isSame(path: string, other: string): Promise<boolean> {
  const [one, two] = await Promise.all([path, other].map((name) => realpath(name).catch(() => undefined)));
  return one !== undefined && one === two;
}
