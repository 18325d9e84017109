import type { Actor } from './actor.js';

/** A refund that was asked for: the input of its workflow. */
export interface RequestedRefund {
  orderId: string;
  refundId: string;
  /** All that is left when absent. Minor units. */
  amountMinor?: number;
  reason: string;
  restock: boolean;
  fingerprint: string;
  actor?: Actor;
}
