/** What the steps of an order can answer. Expected outcomes are values; faults are thrown and retried. */

export interface Shortage {
  sku: string;
  requested: number;
  available: number;
}

/** The order belongs to another run, or has left the status in which this step may act. */
export type Superseded = { kind: 'superseded' };

export type ReserveOutcome = { kind: 'reserved' } | { kind: 'out_of_stock'; shortages: Shortage[] } | Superseded;

export type ChargeOutcome =
  | { kind: 'confirmed' }
  | { kind: 'declined'; code: string }
  /** The money that was taken is not the order's total. */
  | { kind: 'mismatch'; capturedMinor: number; currency: string }
  /** Proven: no money was taken, and none will be under this attempt. */
  | { kind: 'not_charged' }
  /** Nobody knows yet; ask again after this long. */
  | { kind: 'unknown'; retryAfterMs: number }
  | Superseded;

export type ScreenOutcome = { kind: 'allowed' } | { kind: 'rejected'; detail: string };
