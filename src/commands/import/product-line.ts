import { parse } from 'csv-parse/sync';
import { skuSchema, text } from '../../api/requests/fields.js';
import { printable } from '../../config/printable.js';
import { decimalsOf, formatMoney, isCurrency, MAX_AMOUNT_MINOR } from '../../domain/money.js';
import { MAX_NAME_LENGTH, MAX_ON_HAND, type ProductLine } from '../../domain/product.js';

export interface Fault {
  /** A column, or empty for the line as a whole. */
  field: string;
  /** What is wrong and how to fix it. */
  detail: string;
}

export type ParsedLine =
  | { kind: 'product'; product: ProductLine }
  /** `sku` if it could be read. */
  | { kind: 'faulty'; faults: Fault[]; sku?: string };

/** The column of earlier faults; it is ignored when a file is read. */
export const ERROR_COLUMN = 'error';
export const REQUIRED_COLUMNS = ['sku', 'name', 'currency', 'unit_price_minor'] as const;
const OPTIONAL_COLUMNS = ['active', 'on_hand'] as const;
const COLUMNS: readonly string[] = [...REQUIRED_COLUMNS, ...OPTIONAL_COLUMNS];
const NOT_UTF8 = /[\uFFFD\0]/;
const nameSchema = text(MAX_NAME_LENGTH);

/**
 * The columns in the first line of a file.
 * @throws Error that says what to write there
 */
export function parseHeader(header: string, delimiter = ','): string[] {
  if (NOT_UTF8.test(header)) throw new Error('line 1 is not UTF-8 text; save the file as "CSV UTF-8"');
  const found = cellsOf(header, delimiter);
  if (typeof found === 'string') throw new Error(`line 1 cannot be read: ${found}`);
  const cells = withoutEmptyEnd(found.map((cell) => cell.toLowerCase()));
  const want = `the first line names the columns: ${COLUMNS.join(',')}; active and on_hand may be omitted`;
  if (cells.length === 0) throw new Error(`the file is empty; ${want}`);
  const separator = cells.length === 1 ? /[;\t|]/.exec(header)?.[0] : undefined;
  if (separator !== undefined)
    throw new Error(`the columns are separated by ${show(separator)}; use commas, semicolons or tabs`);
  const known = cells.filter((cell, at) => COLUMNS.includes(cell) || (cell === ERROR_COLUMN && at === 0));
  const unknown = cells.filter((cell) => !known.includes(cell)).map(show);
  if (unknown.length > 0) throw new Error(`line 1 names ${unknown.join(', ')}, which is no column; ${want}`);
  const twice = cells.find((cell, at) => cells.indexOf(cell) !== at);
  if (twice !== undefined) throw new Error(`line 1 names the column ${twice} twice`);
  const missing = REQUIRED_COLUMNS.filter((column) => !cells.includes(column));
  if (missing.length > 0) throw new Error(`line 1 does not name ${missing.join(', ')}; ${want}`);
  return cells;
}

/** One record as a product, or all of its faults; undefined for an empty record. */
export function parseLine(columns: readonly string[], line: string, delimiter = ','): ParsedLine | undefined {
  const found = cellsOf(line, delimiter);
  if (typeof found === 'string') return { kind: 'faulty', faults: [{ field: '', detail: found }] };
  if (found.every((cell) => cell === '')) return undefined;
  const cells = [...found.slice(0, columns.length), ...withoutEmptyEnd(found.slice(columns.length))];
  if (cells.length !== columns.length) {
    const what = delimiter === ',' ? 'a comma' : show(delimiter);
    const detail = `has ${cells.length} fields, but the first line names ${columns.length}; put a field with ${what} in double quotes`;
    return { kind: 'faulty', faults: [{ field: '', detail }] };
  }

  const row = new Map(columns.map((column, at) => [column, cells[at] ?? '']));
  const faults: Fault[] = [];
  const read = <T>(field: string, reader: (value: string) => T | Wrong): T | undefined => {
    const value = row.get(field) ?? '';
    const result = NOT_UTF8.test(value) ? wrong('is not UTF-8 text; save the file as "CSV UTF-8"') : reader(value);
    if (!(result instanceof Wrong)) return result;
    faults.push({ field, detail: result.detail });
    return undefined;
  };
  const sku = read('sku', (value) => checked(skuSchema.safeParse(value), value));
  const name = read('name', (value) => checked(nameSchema.safeParse(value), value));
  const currency = read('currency', currencyOf);
  const unitPriceMinor = read('unit_price_minor', (value) => priceOf(value, currency ?? 'EUR'));
  const active = read('active', (value) => orNothing(value, activeOf));
  const onHand = read('on_hand', (value) => orNothing(value, onHandOf));

  const isWhole = sku !== undefined && name !== undefined && currency !== undefined && unitPriceMinor !== undefined;
  if (!isWhole || faults.length > 0) return { kind: 'faulty', faults, ...(sku === undefined ? {} : { sku }) };
  const optional = { ...(active === undefined ? {} : { active }), ...(onHand === undefined ? {} : { onHand }) };
  return { kind: 'product', product: { sku, name, currency, unitPriceMinor, ...optional } };
}

class Wrong {
  readonly detail: string;

  constructor(detail: string) {
    this.detail = detail;
  }
}

const wrong = (detail: string) => new Wrong(detail);

const QUOTES = 'has a double quote that does not close its field; write it twice, or omit it';

/** The fields of one record, or what is wrong with its quotes. */
function cellsOf(record: string, delimiter: string): string[] | string {
  // Trimming blanks would also remove tabs between fields.
  const isTab = delimiter === '\t';
  try {
    const rows: string[][] = parse(record, {
      delimiter,
      relax_column_count: true,
      trim: !isTab,
      record_delimiter: '\n',
      skip_empty_lines: false,
    });
    if (rows.length > 1) return QUOTES;
    const cells = rows[0] ?? [];
    return isTab ? cells.map((cell) => cell.trim()) : cells;
  } catch {
    return QUOTES;
  }
}

function withoutEmptyEnd(cells: readonly string[]): string[] {
  return cells.slice(0, cells.findLastIndex((cell) => cell !== '') + 1);
}

function checked({ data, error }: { data?: string; error?: { issues: { message: string }[] } }, value: string) {
  if (value === '') return wrong('is empty');
  return data ?? wrong(`is ${show(value)}: ${error?.issues[0]?.message ?? 'not valid'}`);
}

function currencyOf(value: string) {
  if (isCurrency(value)) return value;
  return wrong(value === '' ? 'is empty' : `is ${show(value)}; it must be an upper-case ISO 4217 code, such as EUR`);
}

function priceOf(value: string, currency: string): number | Wrong {
  const price = wholeNumber(value, MAX_AMOUNT_MINOR);
  if (price !== undefined) return price;
  if (value === '') return wrong('is empty');
  const minor = inMinorUnits(value, currency);
  const remedy =
    minor === undefined ? `1999 means ${formatMoney(1_999, currency)}` : `write ${minor} for ${value} ${currency}`;
  return wrong(`is ${show(value)}; it must be a whole number of minor units up to ${MAX_AMOUNT_MINOR}: ${remedy}`);
}

/** What 19.99 was probably meant to be, if that is certain. */
function inMinorUnits(value: string, currency: string): string | undefined {
  const [, major, minor] = /^(\d{1,9})[.,](\d+)$/.exec(value) ?? [];
  const decimals = decimalsOf(currency);
  if (major === undefined || minor === undefined || minor.length !== decimals) return undefined;
  const amount = Number(major) * 10 ** decimals + Number(minor);
  return amount <= MAX_AMOUNT_MINOR ? String(amount) : undefined;
}

function onHandOf(value: string): number | Wrong {
  return wholeNumber(value, MAX_ON_HAND) ?? wrong(`is ${show(value)}; it must be a whole number up to ${MAX_ON_HAND}`);
}

function activeOf(value: string): boolean | Wrong {
  const word = value.toLowerCase();
  return word === 'true' || word === 'false' ? word === 'true' : wrong(`is ${show(value)}; it must be true or false`);
}

function orNothing<T>(value: string, reader: (value: string) => T | Wrong): T | Wrong | undefined {
  return value === '' ? undefined : reader(value);
}

function wholeNumber(value: string, max: number): number | undefined {
  const number = /^\d{1,15}$/.test(value) ? Number(value) : undefined;
  return number !== undefined && number <= max ? number : undefined;
}

/** A value that is safe in a message. */
function show(value: string): string {
  return printable(JSON.stringify(value.length > 40 ? `${value.slice(0, 40)}…` : value));
}
