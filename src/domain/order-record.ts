import type { Failure } from './failure.js';
import type { AcceptedOrder, OrderStatus } from './order.js';

export interface PaymentAttempt {
  attempt: number;
  state: 'created' | 'sent' | 'unknown' | 'captured' | 'declined' | 'not_charged';
  tries: number;
  amountMinor: number;
  reference: string | null;
  declineCode: string | null;
  createdAt: string;
  updatedAt: string;
}

export interface Refund {
  amountMinor: number;
  state: 'pending' | 'succeeded' | 'failed' | 'unknown';
  reference: string | null;
  createdAt: string;
  updatedAt: string;
}

/** An order as people read it. Times are RFC 3339, UTC. */
export interface OrderRecord {
  order: AcceptedOrder;
  status: OrderStatus;
  /** Grows by one with each change. */
  version: number;
  failure: Failure | null;
  cancelReason: string | null;
  attempts: PaymentAttempt[];
  refunds: Refund[];
  updatedAt: string;
}

/** The record of an order that was accepted and has no row yet. */
export function justAccepted(order: AcceptedOrder): OrderRecord {
  return {
    order,
    status: 'pending',
    version: 1,
    failure: null,
    cancelReason: null,
    attempts: [],
    refunds: [],
    updatedAt: order.acceptedAt,
  };
}
