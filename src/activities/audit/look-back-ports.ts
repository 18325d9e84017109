/** A charge attempt as the database has it. */
export interface BookedCharge {
  orderId: string;
  attempt: number;
  owner: string;
  key: string;
  /** What was captured, or was to be. Minor units. */
  amountMinor: number;
  currency: string;
}

/** A refund that is over. */
export interface BookedRefund {
  orderId: string;
  refundId: string;
  key: string;
  state: 'succeeded' | 'failed';
}

/** How far back a check looks, and how much of that one audit asks the gateway about. */
export interface LookBackPage {
  check: string;
  windowMs: number;
  /** So many audits ask about all of it... */
  audits: number;
  /** ...each about so many at least, if there are... */
  least: number;
  /** ...and at most. */
  most: number;
  /** Asked about in any case, however old. */
  keys: readonly string[];
}

/** In the order in which they were settled. `settledAt` is exact, for {@link LookBackStore.lookedBack}. */
export interface LookBack<T> {
  named: T[];
  /** What comes after the last audit's part... */
  next: (T & { settledAt: string })[];
  /** ...up to the newest. */
  isLast: boolean;
  /** How many have become too old to be looked at before their turn came. */
  missed: number;
}

export interface LookBackStore {
  /** Charges that were captured, or those that were sent and took nothing. */
  charges(isCaptured: boolean, page: LookBackPage): Promise<LookBack<BookedCharge>>;
  refunds(page: LookBackPage): Promise<LookBack<BookedRefund>>;
  /** Keeps where the check stopped for its next audit; without a place, that begins again. */
  lookedBack(check: string, last?: { settledAt: string; key: string }): Promise<void>;
}
