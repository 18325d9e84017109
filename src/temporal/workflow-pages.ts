import { isUndoRefundId } from '../domain/ids.js';
import type { OrderRecord } from '../domain/order-record.js';
import { cancelWorkflowId, fulfilWorkflowId, orderWorkflowId, refundWorkflowId } from '../workflows/contract.js';

/** A workflow of an order, and its page in Temporal's Web UI if we know where that is. */
export interface WorkflowPage {
  id: string;
  url: string | null;
}

/** The workflows that an order has had, as far as its record tells; Temporal forgets old ones. */
export function workflowPages(webUi: string | undefined, namespace: string) {
  const base = webUi === undefined ? undefined : `${webUi.replace(/\/+$/, '')}/namespaces/${namespace}/workflows/`;
  const page = (id: string): WorkflowPage => ({
    id,
    url: base === undefined ? null : `${base}${encodeURIComponent(id)}`,
  });

  return ({ order: { orderId }, status, attempts, refunds }: OrderRecord): WorkflowPage[] => {
    const wasPaid = attempts.some(({ settles }) => settles);
    const isCancelled = status === 'cancelling' || status === 'cancelled';
    return [
      orderWorkflowId(orderId),
      ...refunds.filter(({ id }) => !isUndoRefundId(id)).map(({ id }) => refundWorkflowId(id)),
      ...(status === 'completed' ? [fulfilWorkflowId(orderId)] : []),
      ...(wasPaid && isCancelled ? [cancelWorkflowId(orderId)] : []),
    ].map((id) => page(id));
  };
}
