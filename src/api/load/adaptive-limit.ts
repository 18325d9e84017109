export interface PaceOptions {
  /** The concurrency under normal conditions. */
  most: number;
  /** How long the slowest checkouts may take. */
  targetMs: number;
  clock?: () => number;
}

export type Pace = ReturnType<typeof createPace>;

// Never less than this part of the maximum: a machine that is only warming up must not refuse a few clients.
const LEAST_PART = 0.4;
const WINDOW_MS = 500;
const QUIET_MS = 5_000;
const DOWN = 0.7;
const UP = 1.1;
const GOOD = 0.7;

/** The number of concurrent checkouts: it shrinks while the slowest ones take too long, and grows again after that. */
export function createPace({ most, targetMs, clock = Date.now }: PaceOptions) {
  let limit = most;
  let slowest = 0;
  let since = clock();

  return {
    most,
    limit(): number {
      // Slowness that long ago does not matter any more.
      if (clock() - since > QUIET_MS) limit = most;
      return Math.floor(limit);
    },

    /** A checkout took this many milliseconds. */
    took(ms: number): void {
      slowest = Math.max(slowest, ms);
      const now = clock();
      if (now - since < WINDOW_MS) return;
      if (slowest > targetMs) limit = Math.max(1, most * LEAST_PART, limit * DOWN);
      else if (slowest < targetMs * GOOD) limit = Math.min(most, Math.max(limit + 1, limit * UP));
      slowest = 0;
      since = now;
    },
  };
}
