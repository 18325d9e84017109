import type { Notice } from '../../src/domain/notice.js';

/** A notice about a confirmed order of two lines, but for what is given. */
export function aNotice(overrides: Partial<Notice> = {}): Notice {
  return {
    key: 'order-1001.3.smtp',
    orderId: 'order-1001',
    about: 'confirmation',
    happenedAt: '2026-01-01T00:00:00.000Z',
    customerId: 'customer-7',
    email: 'ada@example.com',
    currency: 'EUR',
    totalMinor: 8_898,
    lines: [
      { sku: 'product-A', name: 'Notebook', quantity: 2, unitPriceMinor: 1_999 },
      { sku: 'product-B', name: 'Fountain pen', quantity: 1, unitPriceMinor: 4_900 },
    ],
    adjustments: [],
    reason: null,
    refundMinor: null,
    shipment: null,
    ...overrides,
  };
}
