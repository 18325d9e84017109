import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { chargeKey, chargeKeyPrefix, ORDER_ID_PATTERN, undoRefundKey } from '../../../src/domain/ids.js';

describe('an order id', () => {
  test.each(['1', 'order-1001', 'ORDER_1', '-', '_', 'a'.repeat(64)])('may be "%s"', (id) => {
    expect(ORDER_ID_PATTERN.test(id)).toBe(true);
  });

  test.each(['', ' ', 'a b', 'a\n', '\na', 'a/b', 'a.b', 'a:b', 'ä', "a'", 'a%20', 'a'.repeat(65)])(
    'may not be %j',
    (id) => {
      expect(ORDER_ID_PATTERN.test(id)).toBe(false);
    },
  );
});

describe('the keys of an order', () => {
  test('name the order, the step and the attempt', () => {
    expect(chargeKey('order-1', 1)).toBe('order-1:charge:1');
    expect(undoRefundKey('order-1', 2)).toBe('order-1:charge:2:undo');
  });

  test('can be made in SQL from the prefix and the number of the attempt', () => {
    expect(chargeKeyPrefix('order-1') + String(12)).toBe(chargeKey('order-1', 12));
  });

  test('are never shared by two attempts, two orders, or a charge and its refund', () => {
    const attempt = fc.record({
      orderId: fc.stringMatching(/^[A-Za-z0-9_-]{1,6}$/),
      number: fc.integer({ min: 1, max: 99 }),
    });
    const attempts = fc.uniqueArray(attempt, { selector: ({ orderId, number }) => `${number} ${orderId}` });
    fc.assert(
      fc.property(attempts, (all) => {
        const keys = all.flatMap(({ orderId, number }) => [chargeKey(orderId, number), undoRefundKey(orderId, number)]);
        expect(new Set(keys).size).toBe(all.length * 2);
      }),
    );
  });
});
