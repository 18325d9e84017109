import type { Logger } from 'pino';
import { startRounds } from '../../relay/poll-loop.js';
import type { TemporalNeed } from '../../temporal/temporal-need.js';

export interface TemporalNeedsOptions {
  log: Pick<Logger, 'warn' | 'error'>;
  /** How long to wait before the next look. Readiness looks too, and brings it forward. */
  lookMs?: number;
  /** How long to wait after a failure; twice as long after each further one. */
  pauseMs?: number;
  maxPauseMs?: number;
}

export type TemporalNeeds = ReturnType<typeof keepTemporalNeeds>;

/**
 * Sees to it that Temporal has what orders need, from the start to the end of the process: a server may come back empty,
 * and people delete things.
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
    /** Resolves at the next look that finds everything there, or has created it. */
    untilMet: (): Promise<void> => new Promise((resolve) => waiting.push(resolve)),
    add: (need: TemporalNeed): void => void needs.push(need),
    /** What is missing now, in words; nothing when it is all there. Whatever is missing is then created soon. */
    async probe(): Promise<string | void> {
      const missing = (await Promise.all(needs.map((need) => need.missing()))).flat();
      if (missing.length === 0) return undefined;
      // A failed attempt is repeated when its pause is over, however many ask.
      if (failures === 0) rounds.ring();
      return `missing: ${missing.join(', ')}`;
    },
    stop: () => rounds.stop(),
  };
}
