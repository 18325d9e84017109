import type { Actor } from './actor.js';

/** A refund that was requested: the input of its workflow. */
export interface RequestedRefund {
  orderId: string;
  refundId: string;
  /** Default: everything that is left. Minor units. */
  amountMinor?: number;
  reason: string;
  restock: boolean;
  fingerprint: string;
  actor?: Actor;
}
