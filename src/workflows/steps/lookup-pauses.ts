import type { OrderPolicy } from '../../domain/policy.js';
import type { Inbox, Pace } from '../messages/pending-signals.js';

/** How long to wait before each further look-up, `atLeastMs` or more: ever longer, and after days once a day. */
export function lookupPauses(policy: OrderPolicy, inbox: Inbox, about: Pace['about']): (atLeastMs: number) => number {
  const { retry, lookupMaximumIntervalMs, lookupSlowAfterMs, lookupSlowIntervalMs } = policy;
  const pace = inbox.takePace(about) ?? { about, sinceMs: Date.now(), pauseMs: retry.initialIntervalMs };
  inbox.memory.pace = pace;
  return (atLeastMs) => {
    const usual = Math.min(Math.max(pace.pauseMs, atLeastMs), lookupMaximumIntervalMs);
    pace.pauseMs = Math.min(pace.pauseMs * retry.backoffCoefficient, lookupMaximumIntervalMs);
    return Date.now() - pace.sinceMs >= lookupSlowAfterMs ? lookupSlowIntervalMs : usual;
  };
}
