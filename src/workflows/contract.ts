import { defineSearchAttributeKey, SearchAttributeType } from '@temporalio/common';
import { defineSignal } from '@temporalio/workflow';

/** All that the HTTP side and the worker must agree on. */

export const TASK_QUEUE = 'holdfast';

/** The name of the function in `process-order.ts`; callers start it by name, so they need not load it. */
export const PROCESS_ORDER = 'processOrder';

/** One workflow id an order: starting it is the commit point of a checkout, and what dedupes it. */
export function orderWorkflowId(orderId: string): string {
  return `order-${orderId}`;
}

/** What the memo of an order's workflow holds: enough to answer a replay before the row exists. */
export interface OrderMemo {
  fingerprint: string;
  request_id: string;
}

export interface CancelRequest {
  reason: string;
}

export const cancelOrder = defineSignal<[CancelRequest]>('cancelOrder');

/** How an order ended when it was not confirmed: the failure's reason, or `cancelled`. Must be registered first. */
export const ORDER_OUTCOME = defineSearchAttributeKey('OrderOutcome', SearchAttributeType.KEYWORD);
