export interface LoadMeterOptions {
  /** How many checkouts above the usual limit may arrive together and still count as a burst. */
  burst: number;
  clock: () => number;
}

export type LoadMeter = ReturnType<typeof createLoadMeter>;

// A burst arrives within this time, no matter how slowly its requests are read.
const BURST_MS = 3_000;
const WINDOW_MS = 1_000;
// An overload is over when nothing had to be refused for this long.
const CALM_MS = 1_000;
const LEAST_SPREAD_SECONDS = 3;
const MOST_SPREAD_SECONDS = 30;
const MOST_SECONDS = 60;

/**
 * Distinguishes a burst from an overload. While all slots are taken, a burst stops arriving and is worked off; an
 * overload is larger and arrives at least as fast as it is finished. If no burst is allowed, every shortage is an
 * overload.
 */
export function createLoadMeter({ burst, clock }: LoadMeterOptions) {
  let busy: { since: number; came: number } | undefined;
  let window = { since: clock(), came: 0, finished: 0, refused: 0 };
  let rates = { finished: 0, refused: 0 };
  let overloaded = burst === 0;
  let refusedAt = Number.NEGATIVE_INFINITY;
  // Not before the overload can be over: a checkout that comes back then finds a place, or waits for one.
  const leastSeconds = burst === 0 ? 1 : 1 + CALM_MS / 1_000;

  return {
    /** A checkout arrived and found a free slot, or none. */
    came(hasFreePlace: boolean): void {
      const now = clock();
      if (overloaded && burst > 0 && now - refusedAt > CALM_MS) {
        overloaded = false;
        busy = undefined;
      }
      if (hasFreePlace) busy = undefined;
      else busy ??= { since: now, came: 0 };
      if (busy !== undefined) busy.came += 1;
      window.came += 1;
      if (now - window.since >= WINDOW_MS) closeWindow(now);
    },
    /** This many checkouts returned their slots. */
    finished(count: number): void {
      window.finished += count;
    },
    refused(): void {
      window.refused += 1;
      refusedAt = clock();
    },
    isOverloaded: () => overloaded,

    /**
     * When to retry: when the slots beyond the limit are free again, spread over the time that it takes to handle all
     * that are being refused.
     */
    retryAfterSeconds(beyondLimit: number): number {
      const { finished, refused } = rates;
      const wait = finished === 0 ? 0 : Math.ceil(beyondLimit / finished);
      const needed = finished === 0 ? 0 : Math.ceil(refused / finished);
      const spread = Math.min(MOST_SPREAD_SECONDS, Math.max(LEAST_SPREAD_SECONDS, needed));
      return Math.min(MOST_SECONDS, leastSeconds + wait + Math.floor(Math.random() * spread));
    },
  };

  function closeWindow(now: number): void {
    const isLong = busy !== undefined && busy.came > burst && now - busy.since >= BURST_MS;
    if (isLong && window.came >= window.finished) overloaded = true;
    const seconds = (now - window.since) / 1_000;
    rates = { finished: window.finished / seconds, refused: window.refused / seconds };
    window = { since: now, came: 0, finished: 0, refused: 0 };
  }
}
