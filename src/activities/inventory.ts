import type { AcceptedOrder, OrderRun } from '../domain/order.js';
import type { ReserveOutcome } from '../domain/outcomes.js';

/** Stock and who holds it. Each is one transaction, can be run again, and is registered as an activity. */
export interface ReservationStore {
  /** All lines or none, never below zero; writes the order's row when it is the first to do so. */
  reserveInventory: (input: { order: AcceptedOrder; owner: string; ttlMs: number }) => Promise<ReserveOutcome>;
  /**
   * Gives back what is reserved, as `expired` when that is why the order fails, and restocks what was sold. Nothing held:
   * nothing done.
   */
  releaseInventory: (run: OrderRun) => Promise<void>;
  /** Puts what was sold back on the shelf, once, for a refund that asked for it. */
  restockOrder: (refund: { orderId: string; refundId: string }) => Promise<void>;
}
