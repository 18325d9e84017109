import type { ApiLog } from '../requests/api-log.js';

/** Throws `Unavailable` when the database does not answer. */
export interface SettledOrderReader {
  /** Which of these orders are settled. */
  settled(orderIds: string[]): Promise<string[]>;
}

export interface Settlements {
  /** Resolves when the order is settled, or after so many milliseconds. */
  wait(orderId: string, ms: number): Promise<void>;
}

interface Waiting {
  since: number;
  resolve(): void;
}

// An order takes a few of these; one that takes longer is looked at less and less often.
const SHORTEST_PAUSE_MS = 8;
const LONGEST_PAUSE_MS = 250;
const SHARE_OF_AGE = 1 / 8;
const WHILE_UNAVAILABLE_MS = 500;

/**
 * Watches orders for all requests that wait for them, with one query per look. Nothing is asked of Temporal, and no order
 * pays for a notification.
 */
export function createSettlementWatch({ orders, log }: { orders: SettledOrderReader; log: ApiLog }): Settlements {
  const waiting = new Map<string, Set<Waiting>>();
  let next: { at: number; timer: NodeJS.Timeout } | undefined;
  let isLooking = false;
  let isUnavailable = false;

  return {
    wait(orderId, ms) {
      return new Promise((resolve) => {
        const mine: Waiting = { since: performance.now(), resolve: done };
        const timer = setTimeout(done, ms);
        const others = waiting.get(orderId) ?? new Set();
        waiting.set(orderId, others.add(mine));
        lookIn(SHORTEST_PAUSE_MS);

        function done(): void {
          clearTimeout(timer);
          others.delete(mine);
          if (others.size === 0 && waiting.get(orderId) === others) waiting.delete(orderId);
          resolve();
        }
      });
    },
  };

  /** At the latest: a look that comes sooner stays. */
  function lookIn(ms: number): void {
    const at = performance.now() + ms;
    if (isLooking || (next !== undefined && next.at <= at)) return;
    clearTimeout(next?.timer);
    next = { at, timer: setTimeout(() => void look(), ms) };
  }

  async function look(): Promise<void> {
    next = undefined;
    if (waiting.size === 0) return;
    isLooking = true;
    const startedAt = performance.now();
    try {
      const settled = await orders.settled([...waiting.keys()]);
      for (const orderId of settled) for (const { resolve } of waiting.get(orderId) ?? []) resolve();
      isUnavailable = false;
    } catch (err) {
      if (!isUnavailable) log.warn({ err, waiting: waiting.size }, 'could not see which orders are settled');
      isUnavailable = true;
    }
    isLooking = false;
    // A look that takes long is followed by a long pause, so that waiting never fills the database's time.
    const tookMs = performance.now() - startedAt;
    if (waiting.size > 0) lookIn(isUnavailable ? WHILE_UNAVAILABLE_MS : Math.max(pauseMs(), 2 * tookMs));
  }

  /** By the request that has waited for the shortest time. */
  function pauseMs(): number {
    const newest = Math.max(...[...waiting.values()].flatMap((all) => [...all].map(({ since }) => since)));
    const wanted = (performance.now() - newest) * SHARE_OF_AGE;
    return Math.min(LONGEST_PAUSE_MS, Math.max(SHORTEST_PAUSE_MS, wanted));
  }
}
