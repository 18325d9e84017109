import type { OrderPolicy } from '../../domain/policy.js';
import type { PendingSignals, Pace } from '../messages/pending-signals.js';

/** A pause before a look-up, with what the Web UI shows meanwhile. */
type LookupPause = [ms: number, what: string];

/** How long to wait before each further look-up, `atLeastMs` or more: ever longer, and after days once a day. */
export function lookupPauses(
  policy: OrderPolicy,
  signals: PendingSignals,
  about: Pace['about'],
): (atLeastMs: number) => LookupPause {
  const { retry, lookupMaximumIntervalMs, lookupSlowAfterMs, lookupSlowIntervalMs } = policy;
  const pace = signals.takePace(about) ?? { about, sinceMs: Date.now(), pauseMs: retry.initialIntervalMs };
  signals.memory.pace = pace;
  return (atLeastMs) => {
    const usual = Math.min(Math.max(pace.pauseMs, atLeastMs), lookupMaximumIntervalMs);
    pace.pauseMs = Math.min(pace.pauseMs * retry.backoffCoefficient, lookupMaximumIntervalMs);
    pace.looks = (pace.looks ?? 0) + 1;
    const what = `until look-up ${pace.looks + 1} of the ${about}`;
    return [Date.now() - pace.sinceMs >= lookupSlowAfterMs ? lookupSlowIntervalMs : usual, what];
  };
}
