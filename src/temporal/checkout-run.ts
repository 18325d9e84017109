import type { AcceptedOrder } from '../domain/order.js';
import { ORDER_TOTAL, orderWorkflowId, type OrderMemo } from '../workflows/contract.js';
import { detailsOf, summaryOf } from './run-details.js';

/** The start options of every run of an order's checkout, including redrives. */
export function checkoutRun(order: AcceptedOrder) {
  const memo: OrderMemo = { fingerprint: order.fingerprint, request_id: order.requestId };
  return {
    workflowId: orderWorkflowId(order.orderId),
    memo: { ...memo },
    typedSearchAttributes: [{ key: ORDER_TOTAL, value: order.totalMinor }],
    staticSummary: summaryOf(order),
    staticDetails: detailsOf(order),
  };
}
