import { setTimeout as pause } from 'node:timers/promises';
import type { Waiting } from '../../../domain/order-waiting.js';
import type { OrderStatus } from '../../../domain/order.js';
import type { ApiLog } from '../../requests/api-log.js';
import type { OrderEvent } from '../order-events.js';

export interface OrderVersion {
  orderId: string;
  version: number;
  status: OrderStatus;
  waiting: Waiting | null;
}

/** What following orders reads. Throws `Unavailable` when the database does not answer. */
export interface FollowedOrderReader {
  /** Only for orders that have a row. */
  versions(orderIds: readonly string[]): Promise<OrderVersion[]>;
  /** The events of each order after its `seq`, oldest first. */
  eventsAfter(places: readonly { orderId: string; seq: number }[]): Promise<(OrderEvent & { orderId: string })[]>;
}

/** Callbacks about one order. None may throw. */
export interface Follower {
  /** New events in order; `status` is the status after them. */
  hear(events: readonly OrderEvent[], status: OrderStatus): void;
  /** What the order waits for now; null if it makes progress. Called after the events that led to it. */
  wait(waiting: Waiting | null): void;
  /** No more events will come from this process. */
  end(): void;
}

export interface FollowersOptions {
  orders: FollowedOrderReader;
  /** The most followers at once. */
  most: number;
  /** The pause between two polls, in milliseconds: roughly the longest delay of an event. */
  intervalMs?: number;
  log: ApiLog;
}

interface Followed {
  seq: number;
  /** As last reported, in JSON. */
  waiting: string;
  followers: Set<Follower>;
}

// The most orders in one statement.
const CHUNK = 1_000;
const WHILE_AWAY_MS = 2_000;
const UNTOLD = '';

/**
 * Reports news to many followers of many orders, with one query per poll for all of them. PostgreSQL's NOTIFY is not
 * used: it takes a lock on the whole database at each commit, which would slow down every order.
 */
export function createOrderFollowers({ orders, most, intervalMs = 200, log }: FollowersOptions) {
  const followed = new Map<string, Followed>();
  let count = 0;
  let isClosed = false;
  let looking: Promise<void> | undefined;

  return {
    get count(): number {
      return count;
    },
    /**
     * Follows an order from the event after `seq` on.
     * @returns a function to stop, or undefined if there are too many followers or the process is draining
     */
    follow(orderId: string, seq: number, follower: Follower): (() => void) | undefined {
      if (isClosed || count >= most) return undefined;
      const known = followed.get(orderId) ?? { seq, waiting: UNTOLD, followers: new Set() };
      // Polls start at the follower that is furthest behind: each follower drops what it has seen before.
      known.seq = Math.min(known.seq, seq);
      // What was last reported before this follower joined may be outdated.
      known.waiting = UNTOLD;
      known.followers.add(follower);
      followed.set(orderId, known);
      count += 1;
      looking ??= look().finally(() => (looking = undefined));
      return () => leave(orderId, follower);
    },
    /** Ends all followers and accepts no more. */
    async close(): Promise<void> {
      isClosed = true;
      for (const { followers } of followed.values()) for (const follower of followers) follower.end();
      await looking;
    },
  };

  function leave(orderId: string, follower: Follower): void {
    const known = followed.get(orderId);
    if (known?.followers.delete(follower) !== true) return;
    count -= 1;
    if (known.followers.size === 0) followed.delete(orderId);
  }

  function isNeeded(): boolean {
    return count > 0 && !isClosed;
  }

  async function look(): Promise<void> {
    while (isNeeded()) {
      const started = performance.now();
      const isAway = await lookOnce().then(
        () => false,
        (err: unknown) => {
          log.warn({ err, followers: count }, 'followed orders could not be read');
          return true;
        },
      );
      // A slow poll is followed by a longer pause, so that many followers cannot saturate the database.
      const tookMs = performance.now() - started;
      await pause(isAway ? WHILE_AWAY_MS : Math.max(intervalMs, 2 * tookMs), undefined, { ref: false });
    }
  }

  async function lookOnce(): Promise<void> {
    for (const ids of chunks([...followed.keys()])) {
      const standing = await orders.versions(ids);
      await tellEvents(standing);
      for (const { orderId, waiting } of standing) tellWaiting(orderId, waiting);
    }
  }

  async function tellEvents(standing: readonly OrderVersion[]): Promise<void> {
    const changed = standing.flatMap((now) => {
      const known = followed.get(now.orderId);
      return known !== undefined && known.seq < now.version ? [{ ...now, seq: known.seq }] : [];
    });
    if (changed.length === 0) return;
    const events = await orders.eventsAfter(changed);
    for (const { orderId, seq, version, status } of changed) {
      // A follower that is further behind joined meanwhile: the next poll brings what it lacks.
      if (followed.get(orderId)?.seq !== seq) continue;
      // Later events may have come since; they are reported with the status after them.
      const of = events.filter((event) => event.orderId === orderId && event.seq <= version);
      tell(orderId, of, status);
    }
  }

  function tellWaiting(orderId: string, waiting: Waiting | null): void {
    const known = followed.get(orderId);
    const text = JSON.stringify(waiting);
    if (known === undefined || known.waiting === text) return;
    known.waiting = text;
    for (const follower of known.followers) follower.wait(waiting);
  }

  function tell(orderId: string, events: readonly OrderEvent[], status: OrderStatus): void {
    const known = followed.get(orderId);
    const last = events.at(-1);
    if (known === undefined || last === undefined) return;
    known.seq = last.seq;
    for (const follower of known.followers) follower.hear(events, status);
  }
}

export type OrderFollowers = ReturnType<typeof createOrderFollowers>;

function chunks<T>(items: readonly T[]): T[][] {
  return Array.from({ length: Math.ceil(items.length / CHUNK) }, (_, i) => items.slice(i * CHUNK, (i + 1) * CHUNK));
}
