import type { AcceptedOrder, OrderRun } from '../domain/order.js';
import type { ReserveOutcome } from '../domain/outcomes.js';
import { counted } from './counted-tries.js';

/** Stock and who holds it. Each method is one transaction and can be run again. */
export interface ReservationStore {
  /** All lines or none, never below zero; writes the order's row when it is the first to do so. */
  reserve(order: AcceptedOrder, owner: string, ttlMs: number): Promise<ReserveOutcome>;
  /**
   * Gives back what is reserved, as `expired` when that is why the order fails, and restocks what was sold. Nothing held:
   * nothing done.
   */
  release(run: OrderRun): Promise<void>;
  /** Puts what was sold back on the shelf, once, for a refund that asked for it. */
  restock(orderId: string, refundId: string): Promise<void>;
}

export type InventoryActivities = ReturnType<typeof createInventoryActivities>;

export function createInventoryActivities({ reservations }: { reservations: ReservationStore }) {
  return {
    reserveInventory: counted(
      (input: { order: AcceptedOrder; owner: string; ttlMs: number }): Promise<ReserveOutcome> =>
        reservations.reserve(input.order, input.owner, input.ttlMs),
    ),

    async releaseInventory(run: OrderRun): Promise<void> {
      return reservations.release(run);
    },

    async restockOrder({ orderId, refundId }: { orderId: string; refundId: string }): Promise<void> {
      return reservations.restock(orderId, refundId);
    },
  };
}
