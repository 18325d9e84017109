import type { Config } from '../../config.js';
import { DEFAULT_POLICY, type OrderPolicy } from '../../domain/policy.js';
import { fraudPolicyOf, type CustomFraudCheck } from './fraud-checks.js';

/** The policy of new orders: the configuration, plus the fraud checks that the shop adds. */
export function policyOf(config: Config, fraudChecks: readonly CustomFraudCheck[] = []): OrderPolicy {
  return {
    ...DEFAULT_POLICY,
    retry: {
      ...DEFAULT_POLICY.retry,
      retries: config.RETRIES,
      initialIntervalMs: config.RETRY_INITIAL_MS,
      maximumIntervalMs: config.RETRY_MAXIMUM_MS,
    },
    fraudChecks: fraudPolicyOf(config, fraudChecks),
    reviewDeadlineMs: config.REVIEW_DEADLINE_MS,
    reservationTtlMs: config.RESERVATION_TTL_MS,
    paymentDeadlineMs: config.PAYMENT_DEADLINE_MS,
    lookupMaximumIntervalMs: config.LOOKUP_MAXIMUM_MS,
  };
}
