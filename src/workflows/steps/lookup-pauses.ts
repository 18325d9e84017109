import type { OrderPolicy } from '../../domain/policy.js';
import type { PendingSignals, Pace } from '../messages/pending-signals.js';

/** The pauses between look-ups, `atLeastMs` or more: they grow, and after some days there is one look-up per day. */
export function lookupPauses(
  policy: OrderPolicy,
  signals: PendingSignals,
  about: Pace['about'],
): (atLeastMs: number) => number {
  const { retry, lookupMaximumIntervalMs, lookupSlowAfterMs, lookupSlowIntervalMs } = policy;
  const pace = signals.takePace(about) ?? { about, sinceMs: Date.now(), pauseMs: retry.initialIntervalMs };
  signals.memory.pace = pace;
  return (atLeastMs) => {
    const usual = Math.min(Math.max(pace.pauseMs, atLeastMs), lookupMaximumIntervalMs);
    pace.pauseMs = Math.min(pace.pauseMs * retry.backoffCoefficient, lookupMaximumIntervalMs);
    return Date.now() - pace.sinceMs >= lookupSlowAfterMs ? lookupSlowIntervalMs : usual;
  };
}
