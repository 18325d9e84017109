import { expect, test } from '@jest/globals';
import { detailsOf, summaryOf } from '../../../src/temporal/run-details.js';
import { anOrder } from '../../support/orders.js';

const line = (quantity: number, sku: string, name = 'Mug') => ({ sku, name, quantity, unitPriceMinor: 1_999 });

test('the summary of a run says what the order costs and how many items it has', () => {
  expect(summaryOf(anOrder({ lines: [line(1, 'a')], totalMinor: 1_999 }))).toBe('EUR 19.99, 1 item');
  expect(summaryOf(anOrder({ lines: [line(1, 'a'), line(2, 'b')], totalMinor: 5_997 }))).toBe('EUR 59.97, 3 items');
});

test('the details of a run list the lines and the payment method, and no customer', () => {
  const order = anOrder({ lines: [line(1, 'a'), line(2, 'b')], paymentMethod: 'pm_ok' });
  const details = detailsOf(order);
  expect(details).toBe('- 1 × `a` `Mug` at EUR 19.99\n- 2 × `b` `Mug` at EUR 19.99\n\nPaid with `pm_ok`');
  expect(details).not.toContain(order.customerId);
});

test('the details of a run show names verbatim, whatever Markdown or HTML is in them', () => {
  const details = detailsOf(anOrder({ lines: [line(1, 'a', '`</code>\n\n# [x](javascript:1) <img src=x>')] }));
  expect(details.split('\n')[0]).toBe("- 1 × `a` `'</code> # [x](javascript:1) <img src=x>` at EUR 19.99");
});

test('the details of a run stay far below the 20,000 bytes that Temporal takes', () => {
  const lines = Array.from({ length: 100 }, (_, n) => line(1, `${n}`.padEnd(64, '漢'), '漢'.repeat(500)));
  const details = detailsOf(anOrder({ lines }));
  expect(details).toContain('- and 80 more');
  expect(Buffer.byteLength(details)).toBeLessThan(10_000);
});
