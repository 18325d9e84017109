import type { FailureReason } from './failure.js';
import type { OrderStatus } from './order.js';

/** Which orders a list contains. Omitted fields do not matter; all others must match. */
export interface OrderFilter {
  /** Any of these. */
  statuses?: readonly OrderStatus[];
  customerId?: string;
  /** Accepted at this time or later. RFC 3339, UTC. */
  createdAfter?: string;
  /** Accepted before this time. RFC 3339, UTC. */
  createdBefore?: string;
  /** Any of these. Only orders that fail have one. */
  failureReasons?: readonly FailureReason[];
}

/** A position in a list of orders: the last one shown, with its exact time. */
export interface OrderPlace {
  createdAt: string;
  orderId: string;
}
