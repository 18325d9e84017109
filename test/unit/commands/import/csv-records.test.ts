import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { recordsOf, type CsvRecord } from '../../../../src/commands/import/csv-records.js';
import { stringify } from '../csv.js';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function read(text: string | Uint8Array, { size = 64, max = 1_000 } = {}): Promise<CsvRecord[]> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const records: CsvRecord[] = [];
  for await (const record of recordsOf(chunksOf(bytes, size), max)) records.push(record);
  return records;
}

const textsOf = (records: CsvRecord[]) => records.map(({ text }) => text);
const placesOf = (records: CsvRecord[]) =>
  records.map(({ line, lastLine, fault }) => [line, lastLine, fault ?? 'whole']);

test.each([
  ['', []],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\r\n\r\nb\n', ['a', '', 'b']],
  ['\uFEFFa\nb', ['a', 'b']],
  ['sku,name\n1,"two\nlines"\n2,b', ['sku,name', '1,"two\nlines"', '2,b']],
  ['sku,name\r\n1, "two\r\n""lines""" \r\n2,b\r\n', ['sku,name', '1, "two\r\n""lines""" ', '2,b']],
  ['sku,name\n1,24" screen\n2,b', ['sku,name', '1,24" screen', '2,b']],
])('the records of %j are %j', async (text, records) => {
  for (const size of [1, 2, 64]) expect(textsOf(await read(text, { size }))).toEqual(records);
});

test('records are the same however the bytes arrive, and none is lost or made', async () => {
  const cell = fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', '\n', '\r\n', ',', '"', ';', ' ') });
  const rows = fc.array(fc.array(cell, { minLength: 1, maxLength: 3 }), { maxLength: 6 });
  await fc.assert(
    fc.asyncProperty(rows, fc.integer({ min: 1, max: 9 }), async (table, size) => {
      const lines = ['sku,name', ...table.map(stringify)];
      const records = await read(lines.join('\r\n'), { size });
      expect(textsOf(records)).toEqual(lines);
      expect(records.every(({ fault }) => fault === undefined)).toBe(true);
    }),
  );
});

test('a record says on which lines it stands', async () => {
  const records = await read('sku,name\n1,"a\nb\nc"\n2,b\n\n3,"d\n"\n');
  expect(placesOf(records)).toEqual([
    [1, 1, 'whole'],
    [2, 4, 'whole'],
    [5, 5, 'whole'],
    [6, 6, 'whole'],
    [7, 8, 'whole'],
  ]);
});

describe('a piece of a record is never a record', () => {
  const PIECE = 'product-A,Notebook';
  test.each([
    ['a quote within quotes', `1,"Bundle "of\n${PIECE}\nand a pen",2`, 4],
    ['text behind closed quotes', `1,"5" screen\n${PIECE}\nx",2`, 4],
    ['quotes that are open in one reading alone', `1,"a"b\n"${PIECE}\n",2"`, 4],
  ])('with %s', async (_what, broken, last) => {
    for (const size of [1, 64]) {
      const records = await read(`sku,name\n${broken}\n2,b\n3,c\n`, { size });
      expect(textsOf(records)).not.toContain(PIECE);
      expect(textsOf(records).at(-1)).toBe('3,c');
      expect(records.find(({ line }) => line === 2)?.lastLine).toBe(last);
    }
  });

  test('within quotes that nothing closes: all up to the end is one record that has failed', async () => {
    const records = await read(`sku,name\n1,"open\n${PIECE}\n2,b\n`);
    expect(placesOf(records).map((place) => place.at(-1))).toEqual(['whole', 'open']);
  });

  test.each([1, 7, 64, 10_000])('when it is too long: the next one is whole (chunks of %d)', async (size) => {
    const long = `1,"${'x'.repeat(5_000)}\n${PIECE}\n"`;
    const records = await read(`sku,name\n${long}\n2,b\n${'y'.repeat(2_000)}\n3,c`, { size, max: 200 });
    expect(records.map(({ text, fault }) => [text, fault])).toEqual([
      ['sku,name', undefined],
      ['', 'too_long'],
      ['2,b', undefined],
      ['', 'too_long'],
      ['3,c', undefined],
    ]);
  });
});

test.each([
  ['sku,name', ','],
  ['sku;name', ';'],
  ['"sku";"name, or title"', ';'],
  ['sku\tname', '\t'],
  ['sep=;\nsku;name', ';'],
  ['\uFEFF"sep=,"\r\nsku,name', ','],
  ['SEP=\t\r\nsku\tname', '\t'],
  ['sku', ','],
])('what stands between the columns of %j is %j', async (header, delimiter) => {
  const records = await read(`${header}\n1${delimiter}"a${delimiter}\nb"\n`);
  expect(records).toHaveLength(2);
  expect(records[0]?.text.toLowerCase()).not.toContain('sep=');
  expect(records[1]).toMatchObject({ delimiter, text: `1${delimiter}"a${delimiter}\nb"` });
});

test('bytes that are not UTF-8 can be recognized', async () => {
  expect(textsOf(await read(new Uint8Array([0x63, 0xe9, 0x0a, 0x62])))).toEqual(['c\uFFFD', 'b']);
});
