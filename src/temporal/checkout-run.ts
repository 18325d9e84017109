import { formatMoney } from '../domain/money.js';
import type { AcceptedOrder } from '../domain/order.js';
import { orderWorkflowId, type OrderMemo } from '../workflows/contract.js';

/** What every run of an order's checkout is started with, the first one and a redrive. */
export function checkoutRun(order: AcceptedOrder) {
  const memo: OrderMemo = { fingerprint: order.fingerprint, request_id: order.requestId };
  const items = order.lines.reduce((sum, line) => sum + line.quantity, 0);
  return {
    workflowId: orderWorkflowId(order.orderId),
    memo: { ...memo },
    staticSummary: `${formatMoney(order.totalMinor, order.currency)}, ${items} item${items === 1 ? '' : 's'}`,
  };
}
