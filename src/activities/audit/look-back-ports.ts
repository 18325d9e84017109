import type { ChargePlace } from '../payments.js';

/** A charge attempt in the database. */
export interface BookedCharge {
  orderId: string;
  attempt: number;
  owner: string;
  key: string;
  at: ChargePlace;
  /** What was captured or should have been. Minor units. */
  amountMinor: number;
  currency: string;
}

/** A refund that is over. */
export interface BookedRefund {
  orderId: string;
  refundId: string;
  key: string;
  /** Of the charge whose money went back. */
  at: ChargePlace;
  state: 'succeeded' | 'failed';
}

/** How far back a check looks, and how much of that one audit asks the gateway about. */
export interface LookBackPage {
  check: string;
  windowMs: number;
  /** This many audits ask about all of it... */
  audits: number;
  /** ...each about at least this many, if there are... */
  least: number;
  /** ...and at most. */
  most: number;
  /** Always asked about, no matter how old. */
  keys: readonly string[];
}

/** In the order in which they were settled. `settledAt` is exact, for {@link LookBackStore.lookedBack}. */
export interface LookBack<T> {
  named: T[];
  /** What comes after the last audit's part... */
  next: (T & { settledAt: string })[];
  /** ...up to the newest. */
  isLast: boolean;
  /** How many became too old before their turn came. */
  missed: number;
}

export interface LookBackStore {
  /** Charges that were captured, or charges that were sent and took nothing. */
  charges(isCaptured: boolean, page: LookBackPage): Promise<LookBack<BookedCharge>>;
  refunds(page: LookBackPage): Promise<LookBack<BookedRefund>>;
  /** Stores where the check stopped, for the next audit; without a position, the next one starts over. */
  lookedBack(check: string, last?: { settledAt: string; key: string }): Promise<void>;
}
