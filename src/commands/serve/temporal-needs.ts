import type { Logger } from 'pino';
import { startRounds } from '../../relay/poll-loop.js';
import type { TemporalNeed } from '../../temporal/temporal-need.js';

export interface TemporalNeedsOptions {
  log: Pick<Logger, 'warn' | 'error'>;
  /** How long to wait before the next look. Readiness looks too, and triggers it earlier. */
  lookMs?: number;
  /** How long to wait after a failure; doubled after each further one. */
  pauseMs?: number;
  maxPauseMs?: number;
}

export type TemporalNeeds = ReturnType<typeof keepTemporalNeeds>;

/**
 * Ensures that Temporal has what orders need, as long as the process runs: a server may come back empty, and people
 * delete things.
 */
export function keepTemporalNeeds(
  first: TemporalNeed,
  { log, lookMs = 10_000, pauseMs = 1_000, maxPauseMs = 60_000 }: TemporalNeedsOptions,
) {
  const needs = [first];
  let failures = 0;
  const waiting: (() => void)[] = [];

  const rounds = startRounds(async (wait) => {
    const missing: string[] = [];
    try {
      for (const need of needs) {
        const lacking = await need.missing();
        missing.push(...lacking);
        if (lacking.length > 0) await need.create();
      }
      if (missing.length > 0) log.warn({ missing }, 'Temporal lacked what orders need; it was created');
      failures = 0;
      for (const resolve of waiting.splice(0)) resolve();
    } catch (err) {
      failures += 1;
      if (missing.length > 0)
        log.error({ missing, err }, 'Temporal lacks what orders need, and it could not be created');
      else log.warn({ err }, 'Temporal could not be asked whether it has what orders need');
    }
    await wait(failures === 0 ? lookMs : Math.min(pauseMs * 2 ** (failures - 1), maxPauseMs));
  });

  return {
    /** Resolves at the next look that finds everything, or has created it. */
    untilMet: (): Promise<void> => new Promise((resolve) => waiting.push(resolve)),
    add: (need: TemporalNeed): void => void needs.push(need),
    /** What is missing now, in words; undefined if nothing is. What is missing is created soon after. */
    async probe(): Promise<string | void> {
      const missing = (await Promise.all(needs.map((need) => need.missing()))).flat();
      if (missing.length === 0) return undefined;
      // A failed attempt is repeated when its pause is over, no matter how many callers wait.
      if (failures === 0) rounds.wake();
      return `missing: ${missing.join(', ')}`;
    },
    stop: () => rounds.stop(),
  };
}
