export interface PaceOptions {
  /** How many at once under normal conditions. */
  most: number;
  /** How long the slowest ones may take. */
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

/** How many may be in progress at once: fewer while the slowest ones take too long, more again when they do not. */
export function createPace({ most, targetMs, clock = Date.now }: PaceOptions) {
  let limit = most;
  let slowest = 0;
  let since = clock();

  return {
    most,
    limit(): number {
      // Slowness that long ago says nothing about now.
      if (clock() - since > QUIET_MS) limit = most;
      return Math.floor(limit);
    },

    /** One was done within so many milliseconds. */
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
