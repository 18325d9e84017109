import { formatMoney } from '../domain/money.js';
import type { AcceptedOrder } from '../domain/order.js';
import { orderWorkflowId, type OrderMemo } from '../workflows/contract.js';

/** The start options of every run of an order's checkout, including redrives. */
export function checkoutRun(order: AcceptedOrder) {
  const memo: OrderMemo = { fingerprint: order.fingerprint, request_id: order.requestId };
  const items = order.lines.reduce((sum, line) => sum + line.quantity, 0);
  return {
    workflowId: orderWorkflowId(order.orderId),
    memo: { ...memo },
    staticSummary: `${formatMoney(order.totalMinor, order.currency)}, ${items} item${items === 1 ? '' : 's'}`,
  };
}
