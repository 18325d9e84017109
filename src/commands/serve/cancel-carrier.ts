import type { CancelCarrier } from '../../activities/audit/audit-ports.js';
import type { OrderReader } from '../../api/orders/accept-checkout.js';
import type { OrderMessages } from '../../temporal/order-messages.js';
import type { OrderPolicy } from '../../domain/policy.js';

interface Options {
  reader: Pick<OrderReader, 'find' | 'cancelReason'>;
  requests: Pick<OrderMessages, 'cancel' | 'cancelInterrupted'>;
  policy: OrderPolicy;
}

/** Signals an accepted cancel again: to the running checkout, or else to a recovery, running or new. */
export function createCancelCarrier({ reader, requests, policy }: Options): CancelCarrier {
  return {
    async carryOut(orderId) {
      const [record, reason] = [await reader.find(orderId), await reader.cancelReason(orderId)];
      if (record === undefined || reason === undefined) return;
      if (await requests.cancel(orderId, reason)) return;
      await requests.cancelInterrupted(record.order, policy, reason);
    },
  };
}
