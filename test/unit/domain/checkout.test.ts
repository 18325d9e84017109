import { isDeepStrictEqual } from 'node:util';
import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import type { Address } from '../../../src/domain/address.js';
import type { Adjustment } from '../../../src/domain/adjustment.js';
import { canonicalText, mergeLines, type Checkout, type CheckoutLine } from '../../../src/domain/checkout.js';

// Few letters and all the separators that a canonical text could trip over.
const tricky = fc.string({ unit: fc.constantFrom('a', 'b', '"', ',', ':', '[', ']', '{', '\\', '|', '\n', '\0', '1') });
const sku = fc.constantFrom('a', 'b', 'B', 'a-1', 'a.1', '10', '9', '__proto__');
const line = fc.record({ sku, quantity: fc.integer({ min: 1, max: 1_000_000 }) });

const address: fc.Arbitrary<Address> = fc.record(
  { name: tricky, line1: tricky, line2: tricky, city: tricky, region: tricky, postalCode: tricky, country: tricky },
  { requiredKeys: ['name', 'line1', 'city', 'country'] },
);

const adjustment: fc.Arbitrary<Adjustment> = fc.record(
  { type: fc.constantFrom('tax', 'discount'), label: tricky, amountMinor: fc.integer({ min: -2, max: 2 }), sku },
  { requiredKeys: ['type', 'label', 'amountMinor'] },
);

const checkouts: fc.Arbitrary<Checkout> = fc.record(
  {
    orderId: fc.constant('order-1'),
    customerId: tricky,
    customerEmail: tricky,
    customerPhone: tricky,
    shippingAddress: address,
    billingAddress: address,
    currency: fc.constantFrom('EUR', 'JPY'),
    lines: fc.array(line, { minLength: 1, maxLength: 6 }),
    paymentMethod: tricky,
    adjustments: fc.array(adjustment, { minLength: 1, maxLength: 3 }),
    expectedTotalMinor: fc.nat({ max: 3 }),
    metadata: fc.dictionary(tricky, tricky, { maxKeys: 3 }),
  },
  { requiredKeys: ['orderId', 'customerId', 'currency', 'lines', 'paymentMethod', 'metadata'] },
);

const sample: Checkout = {
  orderId: 'order-1',
  customerId: 'customer-7',
  currency: 'EUR',
  lines: [
    { sku: 'pen', quantity: 2 },
    { sku: 'ink', quantity: 1 },
  ],
  paymentMethod: 'pm_ok',
  metadata: { gift: 'yes' },
};

const ADA: Address = { name: 'Ada', line1: '12 St James Square', city: 'London', country: 'GB' };

describe('the canonical text of a checkout', () => {
  test('does not depend on the order of its lines', () => {
    const shuffled = checkouts.chain((checkout) =>
      fc.tuple(
        fc.constant(checkout),
        fc
          .shuffledSubarray(checkout.lines, { minLength: checkout.lines.length })
          .map((lines) => ({ ...checkout, lines })),
      ),
    );
    fc.assert(fc.property(shuffled, ([one, other]) => canonicalText(one) === canonicalText(other)));
  });

  test('does not depend on how a quantity is split over lines', () => {
    fc.assert(
      fc.property(checkouts, fc.integer({ min: 1, max: 999_999 }), (checkout, part) => {
        const lines = checkout.lines.flatMap(({ sku: name, quantity }) =>
          quantity <= part
            ? [{ sku: name, quantity }]
            : [
                { sku: name, quantity: part },
                { sku: name, quantity: quantity - part },
              ],
        );
        expect(canonicalText({ ...checkout, lines })).toBe(canonicalText(checkout));
      }),
    );
  });

  test('does not depend on the order of the metadata', () => {
    fc.assert(
      fc.property(checkouts, (checkout) => {
        const metadata = Object.fromEntries(Object.entries(checkout.metadata).toReversed());
        expect(canonicalText({ ...checkout, metadata })).toBe(canonicalText(checkout));
      }),
    );
  });

  test('of a checkout without an address is what it was before there were addresses', () => {
    expect(canonicalText(sample)).toBe(
      '["checkout/1","customer-7","EUR",[["ink",1],["pen",2]],"pm_ok",null,[["gift","yes"]]]',
    );
  });

  test('of a checkout with an address is what it was before there were adjustments', () => {
    expect(canonicalText({ ...sample, customerEmail: 'ada@example.com' })).toBe(
      '["checkout/1","customer-7","EUR",[["ink",1],["pen",2]],"pm_ok",null,[["gift","yes"]],"ada@example.com"]',
    );
  });

  test('does not depend on the order of the adjustments', () => {
    fc.assert(
      fc.property(fc.array(adjustment, { minLength: 2 }), (adjustments) => {
        const other = { ...sample, adjustments: adjustments.toReversed() };
        expect(canonicalText(other)).toBe(canonicalText({ ...sample, adjustments }));
      }),
    );
  });

  test('does not depend on the id of the order', () => {
    expect(canonicalText({ ...sample, orderId: 'order-2' })).toBe(canonicalText(sample));
  });

  test.each<[string, Partial<Checkout>]>([
    ['customer', { customerId: 'customer-8' }],
    ['e-mail address', { customerEmail: 'ada@example.com' }],
    ['phone number', { customerPhone: '112' }],
    ['address for the goods', { shippingAddress: ADA }],
    ['address for the invoice', { billingAddress: ADA }],
    ['currency', { currency: 'USD' }],
    ['adjustments', { adjustments: [{ type: 'shipping', label: 'Post', amountMinor: 490 }] }],
    ['payment method', { paymentMethod: 'pm_declined' }],
    ['expected total', { expectedTotalMinor: 10_790 }],
    ['expected total of nothing', { expectedTotalMinor: 0 }],
    ['value of a metadata entry', { metadata: { gift: 'no' } }],
    ['key of a metadata entry', { metadata: { Gift: 'yes' } }],
    ['number of metadata entries', { metadata: {} }],
    [
      'quantity of a line',
      {
        lines: [
          { sku: 'pen', quantity: 3 },
          { sku: 'ink', quantity: 1 },
        ],
      },
    ],
    [
      'product of a line',
      {
        lines: [
          { sku: 'Pen', quantity: 2 },
          { sku: 'ink', quantity: 1 },
        ],
      },
    ],
    ['number of lines', { lines: [{ sku: 'pen', quantity: 2 }] }],
  ])('changes with the %s', (_what, change) => {
    expect(canonicalText({ ...sample, ...change })).not.toBe(canonicalText(sample));
  });

  test('is shared by two checkouts exactly when they ask for the same, whatever separators they contain', () => {
    const near = fc.tuple(checkouts, checkouts).chain(([one, other]) =>
      fc.tuple(
        fc.constant(one),
        fc.oneof(
          fc.constant(other),
          fc.subarray(Object.keys(other)).map((keys): Checkout => {
            const borrowed = Object.entries(other).filter(([key]) => keys.includes(key));
            return { ...one, ...Object.fromEntries(borrowed) };
          }),
        ),
      ),
    );
    fc.assert(
      fc.property(near, ([one, other]) => {
        expect(canonicalText(one) === canonicalText(other)).toBe(isDeepStrictEqual(meaningOf(one), meaningOf(other)));
      }),
      { numRuns: 1_000 },
    );
  });

  test('cannot be imitated by moving a separator from one field into the next', () => {
    const texts = [
      { ...sample, customerId: 'a","EUR' },
      { ...sample, customerId: 'a', currency: 'EUR","EUR' },
      { ...sample, metadata: { a: 'b"],["c","d' } },
      { ...sample, metadata: { a: 'b', c: 'd' } },
      { ...sample, metadata: { 'a","b': 'd' } },
      { ...sample, paymentMethod: 'pm_ok",null' },
      { ...sample, paymentMethod: 'pm_ok\\' },
    ].map(canonicalText);
    expect(new Set(texts).size).toBe(texts.length);
  });
});

describe('merged lines', () => {
  test('are one a product, in the order of their code units, with quantities summed', () => {
    const lines = [
      { sku: 'b', quantity: 1 },
      { sku: 'B', quantity: 2 },
      { sku: 'a-1', quantity: 3 },
      { sku: 'b', quantity: 4 },
      { sku: 'a.1', quantity: 5 },
      { sku: '10', quantity: 6 },
      { sku: '9', quantity: 7 },
    ];
    expect(mergeLines(lines)).toEqual([
      { sku: '10', quantity: 6 },
      { sku: '9', quantity: 7 },
      { sku: 'B', quantity: 2 },
      { sku: 'a-1', quantity: 3 },
      { sku: 'a.1', quantity: 5 },
      { sku: 'b', quantity: 5 },
    ]);
  });

  test('of nothing are nothing', () => {
    expect(mergeLines([])).toEqual([]);
  });

  test('keep every product and every piece, and merging them again changes nothing', () => {
    fc.assert(
      fc.property(fc.array(line), (lines) => {
        const merged = mergeLines(lines);
        expect(new Map(merged.map((one) => [one.sku, one.quantity]))).toEqual(quantitiesOf(lines));
        expect(new Set(merged.map((one) => one.sku)).size).toBe(merged.length);
        expect(mergeLines(merged)).toEqual(merged);
      }),
    );
  });

  test('leave the lines they were made of alone', () => {
    const lines = Object.freeze([Object.freeze({ sku: 'b', quantity: 1 }), Object.freeze({ sku: 'a', quantity: 1 })]);
    mergeLines(lines);
    expect(lines.map((one) => one.sku)).toEqual(['b', 'a']);
  });
});

/** What a checkout asks for, in a form that compares without any text. */
function meaningOf(checkout: Checkout) {
  return {
    customer: checkout.customerId,
    email: checkout.customerEmail,
    phone: checkout.customerPhone,
    shipping: checkout.shippingAddress,
    billing: checkout.billingAddress,
    currency: checkout.currency,
    adjustments: checkout.adjustments
      ?.map(({ type, label, amountMinor, sku: of }) => JSON.stringify({ type, label, amountMinor, of }))
      .toSorted(),
    method: checkout.paymentMethod,
    expected: checkout.expectedTotalMinor,
    quantities: quantitiesOf(checkout.lines),
    metadata: new Map(Object.entries(checkout.metadata)),
  };
}

function quantitiesOf(lines: readonly CheckoutLine[]): Map<string, number> {
  const quantities = new Map<string, number>();
  for (const one of lines) quantities.set(one.sku, (quantities.get(one.sku) ?? 0) + one.quantity);
  return quantities;
}
