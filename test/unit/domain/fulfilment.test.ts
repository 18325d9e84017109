import { describe, expect, test } from '@jest/globals';
import { areUnshipped, fulfilmentStatusOf, unshippedOf } from '../../../src/domain/fulfilment.js';

const LINES = [
  { sku: 'ink', quantity: 1 },
  { sku: 'pen', quantity: 3 },
];
const parcel = (sku: string, quantity: number) => ({ items: [{ sku, quantity }] });

describe('what has not shipped', () => {
  test.each([
    ['all of it before the first parcel', [], LINES],
    ['the rest of a line', [parcel('pen', 1), parcel('pen', 1)], [LINES[0], { sku: 'pen', quantity: 1 }]],
    ['no line that has shipped', [parcel('ink', 1)], [LINES[1]]],
    ['nothing after the last parcel', [parcel('ink', 1), parcel('pen', 3)], []],
  ])('is %s', (_, parcels, left) => {
    expect(unshippedOf(LINES, parcels)).toEqual(left);
  });

  test('may be shipped, and not a unit more', () => {
    expect(areUnshipped([{ sku: 'pen', quantity: 3 }], LINES)).toBe(true);
    expect(areUnshipped([{ sku: 'pen', quantity: 4 }], LINES)).toBe(false);
    expect(areUnshipped([{ sku: 'brush', quantity: 1 }], LINES)).toBe(false);
  });
});

test.each([
  ['confirmed', [], 'none'],
  ['confirmed', [parcel('pen', 1)], 'partial'],
  ['completed', [parcel('pen', 3)], 'complete'],
  ['completed', [], 'complete'],
  ['cancelled', [], 'none'],
] as const)('a %s order with parcels %j has shipped: %s', (status, parcels, shipped) => {
  expect(fulfilmentStatusOf(status, parcels)).toBe(shipped);
});
