export const ADJUSTMENT_TYPES = ['shipping', 'tax', 'discount', 'fee'] as const;

export type AdjustmentType = (typeof ADJUSTMENT_TYPES)[number];

/** What is added to the price of an order's lines, or taken off it. */
export interface Adjustment {
  type: AdjustmentType;
  /** What the customer reads beside it. */
  label: string;
  /** Minor units; a discount is negative, everything else is not. */
  amountMinor: number;
  /** The line that it belongs to; the whole order without one. */
  sku?: string;
}

/** As two lists of adjustments that mean the same have it: their order says nothing. */
export function canonicalAdjustments(adjustments: readonly Adjustment[]): unknown[] {
  const rows = adjustments.map(({ type, label, amountMinor, sku }) => [type, label, amountMinor, sku ?? null]);
  return rows.map((row) => JSON.stringify(row)).toSorted();
}
