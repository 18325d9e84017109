import type { RefundState } from './payment-states.js';

/** What is known about the return of a paid order's goods. All of them come back with one refund. */
export interface Returns {
  /** They are back in stock. */
  areBack: boolean;
  /** The refunds with a restock. `isWatched`: a failed one may still be redriven. */
  refunds: readonly { state: RefundState; isWatched: boolean }[];
}

export type ReturnRefusal = 'goods_returned' | 'restock_needs_full_refund';

/** Whether the goods are back, or are coming back with a refund that has not failed. */
export function areReturned({ areBack, refunds }: Returns): boolean {
  return areBack || refunds.some(({ state }) => state !== 'failed');
}

/** Goods that are back, or may still come back, are not shipped. */
export function mayShip(returns: Returns): boolean {
  return !areReturned(returns) && !returns.refunds.some(({ isWatched }) => isWatched);
}

/**
 * Goods come back only once, and only with a refund of everything that is left.
 * @returns why a refund may not restock
 */
export function returnRefusal(
  returns: Returns,
  { amountMinor, leftMinor }: { amountMinor: number; leftMinor: number },
): ReturnRefusal | undefined {
  if (areReturned(returns)) return 'goods_returned';
  return amountMinor < leftMinor ? 'restock_needs_full_refund' : undefined;
}
