import { describe, expect, test } from '@jest/globals';
import { stringify } from '../csv.js';
import fc from 'fast-check';
import { parseHeader, parseLine } from '../../../../src/commands/import/product-line.js';
import { skuSchema } from '../../../../src/api/requests/fields.js';

const COLUMNS = ['sku', 'name', 'currency', 'unit_price_minor', 'active', 'on_hand'];
const GOOD = ['pen-1', 'Fountain pen', 'EUR', '4900', 'true', '5'];
const lineWith = (field: string, value: string) =>
  stringify(COLUMNS.map((column, at) => (column === field ? value : (GOOD[at] ?? ''))));
const faultsOf = (line: string) => {
  const parsed = parseLine(COLUMNS, line);
  return parsed?.kind === 'faulty' ? parsed.faults : [];
};

describe('the first line', () => {
  test('names the columns in any order, with blanks and quotes', () => {
    expect(parseHeader('unit_price_minor, "sku",currency,name')).toEqual([
      'unit_price_minor',
      'sku',
      'currency',
      'name',
    ]);
    expect(parseHeader('error,sku,name,currency,unit_price_minor')).toHaveLength(5);
  });

  test('may be in capitals, with empty columns at its end', () => {
    expect(parseHeader('SKU;Name; Currency ;UNIT_PRICE_MINOR;;', ';')).toEqual(COLUMNS.slice(0, 4));
  });

  test.each([
    ['', 'the file is empty; the first line names the columns: sku,name,currency,unit_price_minor,active,on_hand'],
    ['sku,name,currency,unit_price_minor,colour', 'line 1 names "colour", which is no column'],
    ['sku,name,currency,unit_price_minor,error', 'line 1 names "error", which is no column'],
    ['sku,name,currency', 'line 1 does not name unit_price_minor'],
    ['sku,name,currency,unit_price_minor,sku', 'line 1 names the column sku twice'],
    ['sku|name|currency', 'the columns are separated by "|"; use commas, semicolons or tabs'],
    ['s\uFFFDku,name', 'line 1 is not UTF-8 text'],
    ['"sku,name', 'line 1 cannot be read: has a double quote'],
  ])('is refused with what to do: %j', (header, message) => {
    expect(() => parseHeader(header)).toThrow(message);
  });
});

describe('a line', () => {
  test('is a product; what it leaves out is left out', () => {
    const product = { sku: 'pen-1', name: 'Pen, "blue"', currency: 'EUR', unitPriceMinor: 4_900 };
    const parsed = parseLine(COLUMNS, 'pen-1,"Pen, ""blue""", EUR ,4900,FALSE,0');
    expect(parsed).toEqual({ kind: 'product', product: { ...product, active: false, onHand: 0 } });
    expect(parseLine(COLUMNS, 'pen-1,"Pen, ""blue""",EUR,4900,,')).toEqual({ kind: 'product', product });
  });

  test.each(['', '   ', ',,,,,', '"",,,,,'])('with nothing on it is none: %j', (line) => {
    expect(parseLine(COLUMNS, line)).toBeUndefined();
  });

  test.each([
    ['sku', '', 'is empty'],
    [
      'sku',
      '..',
      'is "..": must be 1 to 64 visible characters, with blanks only between them, and neither "." nor ".."',
    ],
    ['name', '', 'is empty'],
    ['name', 'tab\there', 'must not contain control characters'],
    ['name', 'caf\uFFFD', 'is not UTF-8 text'],
    ['currency', 'EUR\u0085', String.raw`is "EUR\u0085"; it must be an upper-case`],
    ['currency', 'eur', 'is "eur"; it must be an upper-case ISO 4217 code, such as EUR'],
    [
      'unit_price_minor',
      '19.99',
      'is "19.99"; it must be a whole number of minor units up to 999999999999: write 1999 for 19.99 EUR',
    ],
    ['unit_price_minor', '0,05', 'write 5 for 0,05 EUR'],
    ['unit_price_minor', '1,999', '1999 means EUR 19.99'],
    ['unit_price_minor', '€19', '1999 means EUR 19.99'],
    ['unit_price_minor', '-1', 'must be a whole number of minor units'],
    ['unit_price_minor', '1e3', 'must be a whole number of minor units'],
    ['unit_price_minor', '1000000000000', 'must be a whole number of minor units'],
    ['active', 'yes', 'is "yes"; it must be true or false'],
    ['on_hand', '-1', 'is "-1"; it must be a whole number up to 1000000000'],
    ['on_hand', '1000000001', 'must be a whole number up to 1000000000'],
  ])('says what is wrong with its %s %j', (field, value, detail) => {
    expect(faultsOf(lineWith(field, value))).toEqual([{ field, detail: expect.stringContaining(detail) }]);
  });

  test('counts the decimals that its currency has', () => {
    expect(faultsOf('a,A,KWD,1.250,,')[0]?.detail).toContain('write 1250 for 1.250 KWD');
    expect(faultsOf('a,A,JPY,19.99,,')[0]?.detail).toContain('1999 means JPY 1,999');
  });

  test('has all its faults reported at once, and its SKU if that is legible', () => {
    const parsed = parseLine(COLUMNS, 'pen-1,,eur,x,no,many');
    expect(parsed).toMatchObject({ kind: 'faulty', sku: 'pen-1' });
    expect(faultsOf('pen-1,,eur,x,no,many').map(({ field }) => field)).toEqual(COLUMNS.slice(1));
  });

  test.each([
    ['pen-1,Pen, blue,EUR,4900,true,5', 'has 7 fields, but the first line names 6'],
    ['pen-1,Pen,EUR,4900', 'has 4 fields, but the first line names 6'],
    ['pen-1,"Pen,EUR,4900,true,5', 'has a double quote that does not close its field'],
    ['pen-1,24" screen,EUR,4900,true,5', 'has a double quote that does not close its field'],
  ])('that is no row of the table is refused whole: %s', (line, detail) => {
    expect(faultsOf(line)).toEqual([{ field: '', detail: expect.stringContaining(detail) }]);
  });
});

describe('whatever is in a line', () => {
  const name = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 50 })
    .filter((text) => /^[^\p{Cc}\p{Cs}\uFFFD]+$/u.test(text));
  const row = fc.record({
    sku: fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 64 })
      .map((text) => text.normalize('NFC'))
      .filter((text) => skuSchema.safeParse(text).success && !text.includes('\uFFFD')),
    name,
    currency: fc.constantFrom('EUR', 'JPY', 'KWD'),
    unitPriceMinor: fc.integer({ min: 0, max: 999_999_999_999 }),
    active: fc.boolean(),
    onHand: fc.integer({ min: 0, max: 1_000_000_000 }),
  });

  test('a product that was written is read as it was, in any order of the columns', () => {
    fc.assert(
      fc.property(row, fc.shuffledSubarray(COLUMNS, { minLength: 6 }), (product, columns) => {
        const cells: Record<string, unknown> = {
          ...product,
          unit_price_minor: product.unitPriceMinor,
          on_hand: product.onHand,
        };
        const line = stringify(columns.map((column) => String(cells[column])));
        expect(parseLine(columns, line)).toEqual({ kind: 'product', product });
      }),
    );
  });

  test('it is a product within bounds, or has faults that fit into a log line, or nothing is on it', () => {
    const cell = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary' }),
      fc.constantFrom(...GOOD, '"', ',', '19.99', '\r'),
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.array(cell, { maxLength: 8 }).map((cells) => cells.join(',')),
          fc.array(cell, { maxLength: 6 }).map(stringify),
        ),
        (line) => {
          const parsed = parseLine(COLUMNS, line);
          if (parsed === undefined) return;
          if (parsed.kind === 'faulty') {
            expect(parsed.faults.length).toBeGreaterThan(0);
            for (const { detail } of parsed.faults) expect(detail).toMatch(/^[^\p{Cc}]{3,400}$/u);
            return;
          }
          const { sku, name: read, unitPriceMinor, onHand = 0 } = parsed.product;
          expect(skuSchema.safeParse(sku).data).toBe(sku);
          expect(read).toMatch(/^[^\p{Cc}\p{Cs}]{1,200}$/u);
          expect([unitPriceMinor, onHand].every((number) => Number.isSafeInteger(number) && number >= 0)).toBe(true);
        },
      ),
      { numRuns: 1_000 },
    );
  });
});
