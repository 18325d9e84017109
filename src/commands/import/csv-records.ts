import { createReading, type Reading } from './quotes.js';

export interface CsvRecord {
  /** Its line numbers, from 1. */
  line: number;
  lastLine: number;
  /** Without its last line break; empty when it is too long. */
  text: string;
  /** Its delimiter. */
  delimiter: string;
  /** `open`: the file ends within double quotes. */
  fault?: 'too_long' | 'open';
  /** How many bytes of the source had been read by then. */
  bytes: number;
}

const DELIMITERS = [',', ';', '\t'];
/** Tells Excel the delimiter. */
const SEP_LINE = /^"?sep=([,;\t|])"?\r?$/i;

/**
 * The records of a CSV file (RFC 4180) in UTF-8, ended by LF or CRLF, with or without a byte order mark; the first one
 * names the columns, and with them the delimiter. A line break within double quotes is part of its record. If a stray
 * quote makes the quoting ambiguous, a record ends only at a line break that ends it in either reading, so that no part
 * of it is taken for another record. Holds at most a chunk and one record of bounded length; bytes that are not UTF-8
 * become U+FFFD.
 */
export async function* recordsOf(chunks: AsyncIterable<Uint8Array>, maxLength: number): AsyncGenerator<CsvRecord> {
  const decoder = new TextDecoder();
  const splitter = createSplitter(maxLength);
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    for (const record of splitter.split(decoder.decode(chunk, { stream: true }))) yield { ...record, bytes };
  }
  for (const record of splitter.split(decoder.decode())) yield { ...record, bytes };
  const last = splitter.end();
  if (last !== undefined) yield { ...last, bytes };
}

type Split = Omit<CsvRecord, 'bytes'>;

function createSplitter(maxLength: number) {
  let delimiter: string | undefined;
  let isHeaderRead = false;
  let readings: Reading[] = [];
  let number = 1;
  let first = 1;
  let text = '';
  let isTooLong = false;
  let isOpen = false;

  const take = (part: string): void => {
    text += part;
    if (text.length > maxLength + 1) {
      isTooLong = true;
      text = text.slice(0, maxLength);
    }
    for (const reading of readings) reading.read(part);
  };

  const record = (): Split => {
    const whole = text.replace(/\r$/, '');
    const fault = isTooLong || whole.length > maxLength ? 'too_long' : isOpen ? 'open' : undefined;
    const done = {
      line: first,
      lastLine: number,
      text: fault === 'too_long' ? '' : whole,
      delimiter: delimiter ?? ',',
    };
    first = number + 1;
    text = '';
    isTooLong = false;
    isOpen = false;
    return fault === undefined ? done : { ...done, fault };
  };

  /** The record that the line break ends, unless it is inside a record. */
  const endLine = (): Split | undefined => {
    isOpen = readings.map((reading) => reading.endLine()).includes(false);
    if (isOpen) return undefined;
    const given = isHeaderRead || delimiter !== undefined ? undefined : SEP_LINE.exec(text)?.[1];
    if (given !== undefined) {
      delimiter = given;
      record();
      return undefined;
    }
    if (!isHeaderRead) {
      isHeaderRead = true;
      const known = (delimiter ??= delimiterOf(text));
      readings = [createReading(known, 'close'), createReading(known, 'literal')];
    }
    return record();
  };

  return {
    split(part: string): Split[] {
      const [start = '', ...others] = part.split('\n');
      const done: Split[] = [];
      take(start);
      for (const next of others) {
        const ended = endLine();
        if (ended !== undefined) done.push(ended);
        number += 1;
        if (isOpen) text += '\n';
        take(next);
      }
      return done;
    },

    end(): Split | undefined {
      return text === '' && !isTooLong ? undefined : (endLine() ?? (isOpen ? record() : undefined));
    },
  };
}

/** The delimiter between the names of the columns. */
function delimiterOf(header: string): string {
  const between = header.replaceAll(/"[^"]*"/g, '');
  const counts = DELIMITERS.map((delimiter) => ({ delimiter, count: between.split(delimiter).length }));
  return counts.sort((a, b) => b.count - a.count)[0]?.delimiter ?? ',';
}
