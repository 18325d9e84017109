import { getCurrentDetails, setHandler } from '@temporalio/workflow';
import type { AcceptedOrder } from '../../domain/order.js';
import { orderProgress, type OrderProgress } from '../contract.js';

/** Answers the query `order` of the Temporal Web UI. It costs nothing unless someone asks. */
export function showProgress(order: AcceptedOrder, now: () => Pick<OrderProgress, 'stage' | 'cancel_reason'>): void {
  const answer = (): OrderProgress => ({
    order_id: order.orderId,
    total_minor: order.totalMinor,
    currency: order.currency,
    items: Object.fromEntries(order.lines.map(({ sku, quantity }) => [sku, quantity])),
    waiting: getCurrentDetails() || null,
    ...now(),
  });
  setHandler(orderProgress, answer, { description: 'How far the order has come, and what it waits for' });
}
