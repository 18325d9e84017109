import { createCatalog } from '../../adapters/postgres/catalog/catalog.js';
import type { MarkLines } from '../../adapters/postgres/catalog/line-marks.js';
import type { Database } from '../../adapters/postgres/pool.js';
import type { Actor } from '../../domain/actor.js';
import type { ProductLine } from '../../domain/product.js';
import type { FailedLine } from './failed-lines.js';
import { parseHeader, parseLine, type Fault } from './product-line.js';
import { recordsOf, type CsvRecord } from './csv-records.js';

export interface ImportReport {
  lines: number;
  created: number;
  updated: number;
  unchanged: number;
  failed: number;
  /** Products with less stock than their lines say, left unchanged. */
  short: number;
  /** The last line that was processed. */
  lastLine: number;
}

export interface ImportOptions {
  database: Database;
  mark: MarkLines;
  chunks: AsyncIterable<Uint8Array>;
  raiseStock: boolean;
  /** On whose behalf stock is added. */
  actor: Actor;
  /** Once aborted, no further batch is begun. */
  signal: AbortSignal;
  onHeader(header: string, delimiter: string): void;
  /** After each batch, with its failed lines in order. */
  onBatch(report: Readonly<ImportReport>, failed: readonly FailedLine[], bytes: number): Promise<void>;
}

interface Entry extends FailedLine {
  faults: Fault[];
  sku?: string;
  product?: ProductLine;
}

const BATCH = 500;
/** Far more than a product needs: a longer record is a file without line breaks, or an unclosed quote. */
const MAX_RECORD_LENGTH = 16_384;
// PostgreSQL's codes for values that it rejects: data exceptions and integrity constraints.
const REFUSED_VALUE = /^(?:22|23)/;

/**
 * Writes the products of a CSV file, batch by batch. A record is written completely or not at all, and the others
 * continue.
 * @throws Error when the first line cannot be used, or the database is unavailable
 */
export async function importProducts(options: ImportOptions): Promise<ImportReport> {
  const { signal } = options;
  const report = { lines: 0, created: 0, updated: 0, unchanged: 0, failed: 0, short: 0, lastLine: 1 };
  let columns: string[] | undefined;
  let batch: Entry[] = [];

  const finish = async (bytes: number): Promise<void> => {
    if (batch.length === 0) return;
    const entries = batch;
    batch = [];
    await markTwice(entries, options.mark);
    await writeBatch(entries, options, report);
    const failed = entries.filter(({ faults }) => faults.length > 0);
    report.lines += entries.length;
    report.failed += failed.length;
    report.lastLine = entries.at(-1)?.lastLine ?? report.lastLine;
    await options.onBatch(report, failed, bytes);
  };

  let read = 0;
  try {
    for await (const record of recordsOf(options.chunks, MAX_RECORD_LENGTH)) {
      read = record.bytes;
      if (columns === undefined) {
        columns = parseHeader(record.text, record.delimiter);
        options.onHeader(record.text, record.delimiter);
        continue;
      }
      const entry = entryOf(record, columns);
      if (entry !== undefined) batch.push(entry);
      if (batch.length === BATCH) await finish(read);
      if (signal.aborted) break;
    }
  } catch (error) {
    // An interrupt also ends waiting for the source.
    if (!signal.aborted || error !== signal.reason) throw error;
  }
  if (signal.aborted) return report;
  if (columns === undefined) parseHeader('');
  await finish(read);
  return report;
}

function entryOf(record: CsvRecord, columns: readonly string[]): Entry | undefined {
  const { line, lastLine, text, delimiter, fault } = record;
  const place = { line, lastLine, text };
  // Half a record must never be imported.
  if (fault !== undefined) return { ...place, faults: [{ field: '', detail: WHY[fault] }] };
  const parsed = parseLine(columns, text, delimiter);
  if (parsed === undefined) return undefined;
  const { sku } = parsed.kind === 'product' ? parsed.product : parsed;
  return {
    ...place,
    faults: parsed.kind === 'faulty' ? parsed.faults : [],
    ...(sku === undefined ? {} : { sku }),
    ...(parsed.kind === 'product' ? { product: parsed.product } : {}),
  };
}

const WHY = {
  too_long: `is longer than ${MAX_RECORD_LENGTH} characters; end each line with LF or CRLF, and close each double quote`,
  open: 'has a double quote that nothing closes, up to the end of the file; write it twice, or omit it',
};

async function markTwice(entries: readonly Entry[], mark: MarkLines): Promise<void> {
  const marks = entries.flatMap(({ sku, line }) => (sku === undefined ? [] : [{ sku, line }]));
  const twice = new Map((await mark(marks)).map(({ line, first }) => [line, first]));
  for (const entry of entries) {
    const first = twice.get(entry.line);
    if (first !== undefined) entry.faults.push({ field: 'sku', detail: `already appears on line ${first}` });
  }
}

async function writeBatch(
  entries: readonly Entry[],
  { database, raiseStock, actor }: ImportOptions,
  report: ImportReport,
): Promise<void> {
  const catalog = createCatalog(database);
  const bySku = new Map(
    entries.flatMap((entry) =>
      entry.product === undefined || entry.faults.length > 0 ? [] : [[entry.product.sku, entry] as const],
    ),
  );

  /** Halves a batch with a line that the database rejects, until that line is alone. */
  const write = async (products: readonly ProductLine[]): Promise<void> => {
    const [first] = products;
    if (first === undefined) return;
    try {
      for (const outcome of await catalog.write(products, { raiseStock, reason: 'import', actor })) {
        if (outcome.kind === 'refused') {
          bySku.get(outcome.sku)?.faults.push({ field: 'currency', detail: otherCurrency(outcome.currency) });
          continue;
        }
        report[outcome.kind] += 1;
        if (outcome.isShort) report.short += 1;
      }
    } catch (error) {
      if (!isRefusedValue(error)) throw error;
      if (products.length === 1) {
        bySku.get(first.sku)?.faults.push({ field: '', detail: `the database does not take it: ${error.message}` });
        return;
      }
      const half = Math.ceil(products.length / 2);
      await write(products.slice(0, half));
      await write(products.slice(half));
    }
  };
  await write([...bySku.values()].flatMap(({ product }) => product ?? []));
}

function otherCurrency(currency: string): string {
  return `is not that of the product, which keeps ${currency}; use another SKU, or delete the product first`;
}

function isRefusedValue(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && REFUSED_VALUE.test(String(error.code));
}
