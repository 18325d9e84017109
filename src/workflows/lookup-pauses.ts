import type { OrderPolicy } from '../domain/policy.js';

/** How long to wait before each further look-up, `atLeastMs` or more: ever longer, and after days once a day. */
export function lookupPauses(policy: OrderPolicy): (atLeastMs: number) => number {
  const { retry, lookupMaximumIntervalMs, lookupSlowAfterMs, lookupSlowIntervalMs } = policy;
  const since = Date.now();
  let pauseMs = retry.initialIntervalMs;
  return (atLeastMs) => {
    const usual = Math.min(Math.max(pauseMs, atLeastMs), lookupMaximumIntervalMs);
    pauseMs *= retry.backoffCoefficient;
    return Date.now() - since >= lookupSlowAfterMs ? lookupSlowIntervalMs : usual;
  };
}
