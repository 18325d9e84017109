import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { linesOf, type TextLine } from '../../../../src/commands/import/text-lines.js';

async function* chunksOf(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
  for (let from = 0; from < bytes.length; from += size) yield bytes.subarray(from, from + size);
}

async function read(text: string | Uint8Array, { size = 64, max = 1_000 } = {}): Promise<TextLine[]> {
  const bytes = typeof text === 'string' ? new TextEncoder().encode(text) : text;
  const lines: TextLine[] = [];
  for await (const line of linesOf(chunksOf(bytes, size), max)) lines.push(line);
  return lines;
}

const textsOf = (lines: TextLine[]) => lines.map(({ text }) => text);

test.each([
  ['', []],
  ['a', ['a']],
  ['a\n', ['a']],
  ['a\r\n\r\nb\n', ['a', '', 'b']],
  ['\uFEFFa\nb', ['a', 'b']],
])('the lines of %j are %j', async (text, lines) => {
  expect(textsOf(await read(text))).toEqual(lines);
});

test('the lines are the same however the bytes arrive', async () => {
  const text = fc.array(fc.constantFrom('a', 'é', '漢', '😀', '\n', '\r\n', ',', '"'), { maxLength: 60 });
  await fc.assert(
    fc.asyncProperty(text, fc.integer({ min: 1, max: 9 }), async (parts, size) => {
      const whole = parts.join('');
      const expected = whole.split(/\r?\n/);
      if (expected.at(-1) === '') expected.pop();
      const lines = await read(whole, { size });
      expect(textsOf(lines)).toEqual(expected);
      expect(lines.map(({ number }) => number)).toEqual(expected.map((_, at) => at + 1));
    }),
  );
});

test.each([1, 7, 64, 10_000])(
  'a line that is too long is named and cut, and the next is whole (chunks of %d)',
  async (size) => {
    const lines = await read(`a\n${'x'.repeat(5_000)}\nb\n${'y'.repeat(20)}`, { size, max: 20 });
    expect(lines.map(({ text, isTooLong }) => [text, isTooLong])).toEqual([
      ['a', false],
      ['x'.repeat(20), true],
      ['b', false],
      ['y'.repeat(20), false],
    ]);
  },
);

test('bytes that are not UTF-8 can be told', async () => {
  expect(textsOf(await read(new Uint8Array([0x63, 0xe9, 0x0a, 0x62])))).toEqual(['c\uFFFD', 'b']);
});
