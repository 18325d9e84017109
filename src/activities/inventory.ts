import type { AcceptedOrder, OrderRun } from '../domain/order.js';
import type { ReserveOutcome } from '../domain/outcomes.js';

/** Stock and reservations. Each method is one transaction, can be run again, and is registered as an activity. */
export interface ReservationStore {
  /** Reserves all lines or none, never below zero; writes the order's row if no step has. */
  reserveInventory: (input: { order: AcceptedOrder; owner: string; ttlMs: number }) => Promise<ReserveOutcome>;
  /**
   * Releases what is reserved, as `expired` if that is why the order fails, and restocks what was sold. Does nothing if
   * nothing is held.
   */
  releaseInventory: (run: OrderRun) => Promise<void>;
  /** Restocks what was sold, once, for a refund with `restock`. */
  restockOrder: (refund: { orderId: string; refundId: string }) => Promise<void>;
}
