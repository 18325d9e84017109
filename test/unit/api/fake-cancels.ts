import type { CancelStore } from '../../../src/api/orders/order-actions.js';
import { isCancellable, type OrderStatus } from '../../../src/domain/order.js';

export interface FakeCancels extends CancelStore {
  accepted: Map<string, string>;
  /** Called before a cancel is decided. */
  onAccept: () => void;
}

/** Accepted cancels in memory. */
export function createFakeCancels(statusOf: (orderId: string) => OrderStatus | undefined): FakeCancels {
  const accepted = new Map<string, string>();
  const cancels: FakeCancels = {
    accepted,
    onAccept: () => {},
    async accept({ orderId, reason }) {
      cancels.onAccept();
      const status = statusOf(orderId) ?? null;
      if (status !== null && !isCancellable(status)) return { kind: 'refused', status };
      const kept = accepted.get(orderId) ?? reason;
      accepted.set(orderId, kept);
      return { kind: 'accepted', reason: kept, status };
    },
  };
  return cancels;
}
