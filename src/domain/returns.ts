import type { RefundState } from './payment-states.js';

/** What is known about the goods of a paid order. They come back as a whole, with one refund. */
export interface Returns {
  /** They are on the shelf again. */
  areBack: boolean;
  /** The refunds that are to bring them back. `isWatched`: a failed one may still be redriven. */
  refunds: readonly { state: RefundState; isWatched: boolean }[];
}

export type ReturnRefusal = 'goods_returned' | 'restock_needs_full_refund';

/** Whether the goods are back, or on their way with a refund that has not failed. */
export function areReturned({ areBack, refunds }: Returns): boolean {
  return areBack || refunds.some(({ state }) => state !== 'failed');
}

/** What is back, or may yet come back, is not shipped. */
export function mayShip(returns: Returns): boolean {
  return !areReturned(returns) && !returns.refunds.some(({ isWatched }) => isWatched);
}

/** All of the goods come back once, and only for all of the money that is left. @returns why a refund may not restock */
export function returnRefusal(
  returns: Returns,
  { amountMinor, leftMinor }: { amountMinor: number; leftMinor: number },
): ReturnRefusal | undefined {
  if (areReturned(returns)) return 'goods_returned';
  return amountMinor < leftMinor ? 'restock_needs_full_refund' : undefined;
}
