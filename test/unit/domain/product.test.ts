import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { productPath, SKU_PATTERN } from '../../../src/domain/product.js';

describe('a SKU', () => {
  test.each([
    'MUSIC/CD/1',
    'A B',
    'A  B',
    'A+B',
    '50%',
    '%2F',
    'Größe-L',
    'x~y',
    'a..',
    '...',
    './a',
    '東京',
    '🖋',
    'a:b',
  ])('may be %s', (sku) => expect(sku).toMatch(SKU_PATTERN));

  test.each([
    '',
    '.',
    '..',
    ' a',
    'a ',
    'a\nb',
    'a\0',
    'a\u007fb',
    'a\u0085b',
    'a\u00a0b',
    'a\u2028b',
    'a\u202eb',
    '\ufeffa',
    'a\udc00',
  ])('may not be %j', (sku) => expect(sku).not.toMatch(SKU_PATTERN));

  test('is the one that a URL with its path names', () => {
    const skus = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 64 }).filter((text) => SKU_PATTERN.test(text));
    fc.assert(
      fc.property(skus, (sku) => {
        const { pathname } = new URL(productPath(sku), 'http://localhost');
        expect(pathname.split('/').map(decodeURIComponent)).toEqual(['', 'v1', 'products', sku]);
      }),
    );
  });

  test('is read in a time that grows with its length alone', () => {
    const before = performance.now();
    expect(`${'a '.repeat(500_000)}\n`).not.toMatch(SKU_PATTERN);
    expect(performance.now() - before).toBeLessThan(1_000);
  });
});
