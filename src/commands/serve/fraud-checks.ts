import type { FraudCheck } from '../../activities/screening.js';
import { AMOUNT_CEILING, createAmountCeiling } from '../../adapters/fraud/amount-ceiling.js';
import { createVelocityCheck, VELOCITY } from '../../adapters/fraud/velocity.js';
import type { Database } from '../../adapters/postgres/pool.js';
import type { Config } from '../../config.js';
import type { FraudCheckPolicy, FraudLimits } from '../../domain/policy.js';

/** A custom fraud check, with its limits for new orders. */
export interface CustomFraudCheck {
  check: FraudCheck;
  limits: FraudLimits;
}

/** All checks that a worker knows; each order's policy says which of them it has to pass. */
export function fraudChecksOf(database: Database, custom: readonly CustomFraudCheck[] = []): FraudCheck[] {
  return [createAmountCeiling(), createVelocityCheck(database), ...custom.map(({ check }) => check)];
}

/** The checks that new orders have to pass. One whose limits are all 0 is off. */
export function fraudPolicyOf(config: Config, custom: readonly CustomFraudCheck[] = []): FraudCheckPolicy[] {
  const { FRAUD_REVIEW_ABOVE_MINOR: review, FRAUD_REJECT_ABOVE_MINOR: reject } = config;
  const { FRAUD_ORDERS_PER_WINDOW: orders, FRAUD_WINDOW_MS: windowMs } = config;
  const ceilings = {
    ...(review > 0 ? { reviewAboveMinor: review } : {}),
    ...(reject > 0 ? { rejectAboveMinor: reject } : {}),
  };
  return [
    ...(Object.keys(ceilings).length > 0 ? [{ name: AMOUNT_CEILING, limits: ceilings }] : []),
    ...(orders > 0 ? [{ name: VELOCITY, limits: { orders, windowMs } }] : []),
    ...custom.map(({ check: { name }, limits }) => ({ name, limits })),
  ];
}
