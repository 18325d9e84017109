import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { formatMoney, isCurrency, MAX_AMOUNT_MINOR, totalOf } from '../../../src/domain/money.js';

describe('the total of an order', () => {
  test('is the sum of quantity times unit price', () => {
    const lines = [
      { quantity: 2, unitPriceMinor: 4_900 },
      { quantity: 1, unitPriceMinor: 990 },
    ];
    expect(totalOf(lines)).toBe(10_790);
  });

  test('has the adjustments in it, down to a unit, and may be below zero for the caller to refuse', () => {
    const lines = [{ quantity: 3, unitPriceMinor: 3_333 }];
    expect(totalOf(lines, [{ amountMinor: 490 }, { amountMinor: -1_000 }, { amountMinor: 1 }])).toBe(9_490);
    expect(totalOf(lines, [{ amountMinor: -10_000 }])).toBe(-1);
  });

  test('of nothing is zero', () => {
    expect(totalOf([])).toBe(0);
  });

  test('is exact where a sum of doubles would lose a unit on the way', () => {
    // 3 × 3002399751580331 is 2^53 + 1, which no double holds.
    const lines = [
      { quantity: 3, unitPriceMinor: 3_002_399_751_580_331 },
      { quantity: 1, unitPriceMinor: -9_007_199_254_740_992 },
    ];
    expect(totalOf(lines)).toBe(1);
  });

  test('may be the largest amount and not one unit more', () => {
    expect(totalOf([{ quantity: 1, unitPriceMinor: MAX_AMOUNT_MINOR }])).toBe(MAX_AMOUNT_MINOR);
    const oneMore = [
      { quantity: 1, unitPriceMinor: MAX_AMOUNT_MINOR },
      { quantity: 1, unitPriceMinor: 1 },
    ];
    expect(totalOf(oneMore)).toBeUndefined();
  });

  test('is not given for the largest order that the API lets in, rather than given wrong', () => {
    const lines = Array.from({ length: 100 }, () => ({ quantity: 1_000_000, unitPriceMinor: MAX_AMOUNT_MINOR }));
    expect(totalOf(lines)).toBeUndefined();
  });

  test('does not depend on the order of the lines', () => {
    const line = fc.record({ quantity: fc.integer({ min: 1, max: 1_000 }), unitPriceMinor: fc.nat() });
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        expect(totalOf(lines.toReversed())).toBe(totalOf(lines));
      }),
    );
  });
});

describe('an amount as people write it', () => {
  test.each([
    [0, 'EUR', 'EUR 0.00'],
    [5, 'EUR', 'EUR 0.05'],
    [1_999, 'EUR', 'EUR 19.99'],
    [1_999, 'JPY', 'JPY 1,999'],
    [1_999, 'KWD', 'KWD 1.999'],
    [1, 'KWD', 'KWD 0.001'],
    [123_456_789, 'USD', 'USD 1,234,567.89'],
    [MAX_AMOUNT_MINOR, 'EUR', 'EUR 9,999,999,999.99'],
    [MAX_AMOUNT_MINOR, 'JPY', 'JPY 999,999,999,999'],
  ])('of %i minor units of %s is "%s"', (amountMinor, currency, text) => {
    expect(formatMoney(amountMinor, currency)).toBe(text);
  });

  // Unicode drops decimals that people no longer use in cash; ISO 4217, and with it every gateway, counts them.
  test.each([
    ['HUF', 'HUF 19.99'],
    ['IDR', 'IDR 19.99'],
    ['ALL', 'ALL 19.99'],
    ['IQD', 'IQD 1.999'],
    ['ISK', 'ISK 1,999'],
    ['CLP', 'CLP 1,999'],
    ['UGX', 'UGX 1,999'],
  ])('has the decimals of ISO 4217 for %s, not those of its cash', (currency, text) => {
    expect(formatMoney(1_999, currency)).toBe(text);
  });

  test('shows every unit, up to the largest amount', () => {
    fc.assert(
      fc.property(fc.nat({ max: MAX_AMOUNT_MINOR }), (amountMinor) => {
        const digits = formatMoney(amountMinor, 'EUR').replaceAll(/[^0-9]/g, '');
        expect(digits).toBe(String(amountMinor).padStart(3, '0'));
      }),
      { numRuns: 1_000 },
    );
  });
});

describe('a currency', () => {
  test.each(['EUR', 'USD', 'GBP', 'CHF', 'JPY', 'CNY', 'INR', 'BRL', 'KWD', 'BHD', 'CLP', 'HUF'])(
    'may be %s',
    (code) => {
      expect(isCurrency(code)).toBe(true);
    },
  );

  test.each(['eur', 'Eur', 'EU', 'EURO', ' EUR', 'EUR\n', 'ABC', 'XXX', 'XTS', 'DEM', '', '€', '978', 'toString'])(
    'may not be "%s"',
    (code) => {
      expect(isCurrency(code)).toBe(false);
    },
  );
});
