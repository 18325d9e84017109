import { expect, test } from '@jest/globals';
import { minorOf, stripeAmount } from '../../../../../src/adapters/gateways/stripe/amounts.js';

test.each([
  ['EUR', 1_999, 1_999],
  ['JPY', 500, 500],
  // None in ISO 4217, and written with two.
  ['ISK', 5, 500],
  ['UGX', 5, 500],
  // Two in ISO 4217, and written with none.
  ['MGA', 500, 5],
  // Three, of which the last one is 0.
  ['KWD', 5_120, 5_120],
])('an amount in %s is written as Stripe does, and back', (currency, minor, amount) => {
  expect(stripeAmount(minor, currency)).toBe(amount);
  expect(minorOf(amount, currency)).toBe(minor);
});

test.each([
  ['KWD', 5_123],
  ['MGA', 550],
])('an amount in %s that Stripe cannot charge is none', (currency, minor) => {
  expect(stripeAmount(minor, currency)).toBeUndefined();
});
