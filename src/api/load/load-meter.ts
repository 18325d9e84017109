export interface LoadMeterOptions {
  /** How many checkouts above the usual limit may come together and still count as a burst. */
  burst: number;
  clock: () => number;
}

export type LoadMeter = ReturnType<typeof createLoadMeter>;

// A burst arrives within this time, however slowly its requests are read.
const BURST_MS = 3_000;
const WINDOW_MS = 1_000;
// An overload is over when nothing had to be refused for this long.
const CALM_MS = 1_000;
const LEAST_SPREAD_SECONDS = 3;
const MOST_SPREAD_SECONDS = 30;
const MOST_SECONDS = 60;

/**
 * Tells a burst from an overload. While all places are taken, a burst stops coming and is worked off; in an overload more
 * comes than a burst has, and at least as fast as it is finished. Without a burst, every shortage is an overload.
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
    /** A checkout came, and found a place free or all of them taken. */
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
    /** As many checkouts gave their places back. */
    finished(count: number): void {
      window.finished += count;
    },
    refused(): void {
      window.refused += 1;
      refusedAt = clock();
    },
    isOverloaded: () => overloaded,

    /**
     * When to come back: when the places that are taken beyond the limit are free again, and then spread over as long as
     * it takes to work on all who are being refused.
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
