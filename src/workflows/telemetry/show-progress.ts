import { getCurrentDetails, setHandler } from '@temporalio/workflow';
import { formatMoney } from '../../domain/money.js';
import type { AcceptedOrder } from '../../domain/order.js';
import { orderProgress } from '../contract.js';
import type { Memory } from '../messages/pending-signals.js';

/** Answers the query `order` of the Temporal Web UI: what no one asks for costs nothing. */
export function showProgress(order: AcceptedOrder, memory: Memory, stage: () => string): void {
  const answer = () => ({
    order_id: order.orderId,
    total: formatMoney(order.totalMinor, order.currency),
    items: Object.fromEntries(order.lines.map(({ sku, quantity }) => [sku, quantity])),
    stage: stage(),
    waiting: getCurrentDetails() || null,
    cancel_reason: memory.cancelReason ?? null,
  });
  setHandler(orderProgress, answer, { description: 'How far the order has come, and what it waits for' });
}
