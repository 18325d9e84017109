import type { FraudCheck } from '../../activities/screening.js';

export interface AmountCeilingSettings {
  /** An order above this is looked at by a person. Minor units of the order's own currency. */
  reviewAboveMinor: number;
  /** An order above this is turned down; none is when absent. */
  rejectAboveMinor?: number;
}

/** A fraud check by the order's total. */
export function createAmountCeiling({ reviewAboveMinor, rejectAboveMinor }: AmountCeilingSettings): FraudCheck {
  return {
    name: 'amount_ceiling',
    async check({ totalMinor }) {
      if (rejectAboveMinor !== undefined && totalMinor > rejectAboveMinor) {
        return { verdict: 'reject', detail: 'the total is above what is accepted' };
      }
      if (totalMinor > reviewAboveMinor) return { verdict: 'review', detail: 'the total is unusually high' };
      return { verdict: 'allow' };
    },
  };
}
