import type { OrderStatus } from './order.js';

/** The events that change an order's status, with the new status. All others leave the status unchanged. */
export const STATUS_AFTER: Record<string, OrderStatus> = {
  'order.created': 'pending',
  'order.in_review': 'in_review',
  'review.approved': 'pending',
  'inventory.reserved': 'reserved',
  'payment.unknown': 'payment_unknown',
  'order.confirmed': 'confirmed',
  'order.completed': 'completed',
  'order.compensating': 'compensating',
  'order.failed': 'failed',
  'order.redriven': 'pending',
  'order.cancelling': 'cancelling',
  'order.cancelled': 'cancelled',
};

/** The status of an order whose timeline has these types, oldest first. */
export function statusAfter(types: readonly string[]): OrderStatus {
  for (const type of types.toReversed()) {
    const status = STATUS_AFTER[type];
    if (status !== undefined) return status;
  }
  return 'pending';
}
