import { randomUUID } from 'node:crypto';
import type { AcceptedOrder } from '../../src/domain/order.js';

/** An accepted order of one line, with an id of its own. */
export function anOrder(overrides: Partial<AcceptedOrder> = {}): AcceptedOrder {
  return {
    orderId: `t-${randomUUID()}`,
    customerId: 'customer-1',
    currency: 'EUR',
    lines: [{ sku: 'product-A', name: 'Notebook', quantity: 2, unitPriceMinor: 1_999 }],
    totalMinor: 3_998,
    paymentMethod: 'pm_ok',
    metadata: {},
    fingerprint: 'f'.repeat(64),
    requestId: 'request-1',
    acceptedAt: '2026-01-01T00:00:00.000Z',
    ...overrides,
  };
}
