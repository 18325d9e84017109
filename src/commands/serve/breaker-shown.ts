import type { BreakerChange } from '../../adapters/gateways/breaker.js';
import type { BreakerShown } from '../../domain/order-stats.js';

/** Throws when the database is unavailable. */
export interface BreakerBoard {
  show(gateway: string, shown: BreakerShown): Promise<void>;
  hide(gateway: string): Promise<void>;
}

const INTERVAL_MS = 15_000;

/** Publishes the breaker of this process while it is not closed. A closed one costs nothing. */
export function showBreaker(
  gateway: string,
  board: BreakerBoard,
  log: { warn(about: object, text: string): void },
  intervalMs: number = INTERVAL_MS,
): { changed(change: BreakerChange): void; close(): Promise<void> } {
  let latest: BreakerChange | undefined;
  let timer: NodeJS.Timeout | undefined;
  let work = Promise.resolve();

  const write = async (): Promise<void> => {
    if (latest === undefined) return;
    const { state, scope, until } = latest;
    try {
      await (state === 'closed' ? board.hide(gateway) : board.show(gateway, { state, scope, until }));
    } catch (err) {
      log.warn({ err }, 'the circuit breaker could not be shown to other processes');
    }
  };
  const writeSoon = (): void => void (work = work.then(write));

  return {
    changed(change) {
      latest = change;
      clearInterval(timer);
      writeSoon();
      if (change.state === 'closed') return;
      timer = setInterval(writeSoon, intervalMs);
      timer.unref();
    },
    async close() {
      clearInterval(timer);
      if (latest !== undefined && latest.state !== 'closed') this.changed({ ...latest, state: 'closed', until: null });
      await work;
    },
  };
}
