import type { FraudCheck } from '../../activities/screening.js';
import { readLimits } from './limits.js';

export const AMOUNT_CEILING = 'amount_ceiling';

/**
 * A fraud check by the order's total, in minor units of its own currency: above `reviewAboveMinor` it is reviewed,
 * above `rejectAboveMinor` it is rejected. One of the two limits is enough.
 */
export function createAmountCeiling(): FraudCheck {
  return {
    name: AMOUNT_CEILING,
    async check({ totalMinor }, limits) {
      const { reviewAboveMinor, rejectAboveMinor } = readLimits(AMOUNT_CEILING, limits, [
        'reviewAboveMinor',
        'rejectAboveMinor',
      ]);
      if (reviewAboveMinor === undefined && rejectAboveMinor === undefined) {
        throw new Error(`the fraud check ${AMOUNT_CEILING} has no limit to go by`);
      }
      if (rejectAboveMinor !== undefined && totalMinor > rejectAboveMinor) {
        return { verdict: 'reject', detail: 'the total is above what is accepted' };
      }
      if (reviewAboveMinor !== undefined && totalMinor > reviewAboveMinor) {
        return { verdict: 'review', detail: 'the total is unusually high' };
      }
      return { verdict: 'allow' };
    },
  };
}
