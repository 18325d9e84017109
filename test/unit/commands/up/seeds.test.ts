import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { readSeedFile } from '../../../../src/commands/up/seeds.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'holdfast-seeds-'));
});
afterAll(async () => rm(folder, { recursive: true, force: true }));

const PEN = { sku: 'pen', name: 'Pen', currency: 'EUR', unit_price_minor: 100, on_hand: 5 };

async function read(content: unknown) {
  const path = join(folder, 'seeds.json');
  await writeFile(
    path,
    typeof content === 'string' || content instanceof Uint8Array ? content : JSON.stringify(content),
  );
  return readSeedFile(path);
}

describe('a seed file', () => {
  test('has what POST /v1/products takes, and may begin with a byte order mark', async () => {
    const ink = { sku: 'ink/blue 50%', name: 'Ink', currency: 'EUR', unit_price_minor: 0 };
    const seeds = await read(`\uFEFF${JSON.stringify([PEN, { ...ink, active: false }])}`);
    expect(seeds).toEqual([
      { sku: 'pen', name: 'Pen', currency: 'EUR', unitPriceMinor: 100, active: true, onHand: 5 },
      { sku: 'ink/blue 50%', name: 'Ink', currency: 'EUR', unitPriceMinor: 0, active: false, onHand: 0 },
    ]);
  });

  test.each([
    ['a line break in a name', { name: 'Line\nBcc: x' }, 'entry 2, name: must not contain control characters'],
    ['a lone surrogate', { name: '\ud83d' }, 'entry 2, name: must not contain control characters or lone surrogates'],
    ['a NUL', { sku: 'a\0' }, 'entry 2, sku: must be 1 to 64 visible characters'],
    ['too much stock', { on_hand: 5_000_000_000 }, 'entry 2, on_hand: '],
    ['a SKU twice', { sku: 'pen' }, 'entry 2, sku: already appears in entry 1'],
    ['a SKU twice, composed in two ways', { sku: 'Gro\u0308\u00dfe' }, 'entry 3, sku: already appears in entry 2'],
    ['a field that is not known', { price: 1 }, 'entry 2, price: this field is not known; remove it'],
    ['a field that is missing', { name: undefined }, 'entry 2, name: '],
  ])('is refused for %s, which it names', async (_what, changes, told) => {
    const entries = [PEN, { ...PEN, sku: 'other', ...changes }, { ...PEN, sku: 'Gr\u00f6\u00dfe' }];
    await expect(read(entries)).rejects.toThrow(told);
  });

  test('names each of its faults', async () => {
    const faults = read([
      { ...PEN, name: '' },
      { ...PEN, currency: 'EURO' },
    ]);
    await expect(faults).rejects.toThrow(/entry 1, name: .*\nentry 2, currency: /);
  });

  test.each([
    ['no JSON', '[{', 'is not JSON'],
    ['no array', PEN, 'is not an array of products'],
    ['other bytes than UTF-8', Uint8Array.from([0x22, 0xff, 0x22]), 'is not UTF-8 text'],
    [
      'a field twice',
      JSON.stringify([PEN]).replace('"on_hand"', '"name":"Ink","on_hand"'),
      'entry 1, name: appears more',
    ],
  ])('is refused when it is or has %s', async (_what, content, told) => {
    await expect(read(content)).rejects.toThrow(told);
  });
});
