import type { RefundResumer } from '../../activities/gateway-events.js';
import type { OrderReader } from '../../api/orders/accept-checkout.js';
import type { OrderMessages } from '../../temporal/order-messages.js';
import type { OrderPolicy } from '../../domain/policy.js';

interface Options {
  reader: Pick<OrderReader, 'find'>;
  requests: Pick<OrderMessages, 'tellRefund'>;
  policy: OrderPolicy;
}

/** Restarts the workflow of a requested refund from its row, or makes the running one look now. */
export function createRefundResumer({ reader, requests, policy }: Options): RefundResumer {
  return {
    async resume(orderId, refundId) {
      const refund = (await reader.find(orderId))?.refunds.find(({ id }) => id === refundId);
      if (refund === undefined || refund.fingerprint === null) return false;
      await requests.tellRefund(orderId, refund, policy, { kind: 'look' });
      return true;
    },
  };
}
