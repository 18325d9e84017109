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
  /** Of those that have a row. */
  versions(orderIds: readonly string[]): Promise<OrderVersion[]>;
  /** The events of each order after its `seq`, oldest first. */
  eventsAfter(places: readonly { orderId: string; seq: number }[]): Promise<(OrderEvent & { orderId: string })[]>;
}

/** Hears of one order. None may throw. */
export interface Follower {
  /** New events in order; `status` is what they lead to. */
  hear(events: readonly OrderEvent[], status: OrderStatus): void;
  /** What the order waits for now; null when it goes on. Comes after the events that lead to it. */
  wait(waiting: Waiting | null): void;
  /** Nothing more will come from this process. */
  end(): void;
}

export interface FollowersOptions {
  orders: FollowedOrderReader;
  /** The most followers at once. */
  most: number;
  /** The pause between two looks, in milliseconds: what an event waits at most, and a bit. */
  intervalMs?: number;
  log: ApiLog;
}

interface Followed {
  seq: number;
  /** As last told, in JSON. */
  waiting: string;
  followers: Set<Follower>;
}

// One statement names no more orders than this.
const CHUNK = 1_000;
const WHILE_AWAY_MS = 2_000;
const UNTOLD = '';

/**
 * Tells many followers of many orders what is new, with one query per look for all of them. PostgreSQL's NOTIFY is not
 * used: it takes a lock of the whole database at each commit, which every order would pay for.
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
     * @returns how to stop, or undefined when there are too many followers or the process is draining
     */
    follow(orderId: string, seq: number, follower: Follower): (() => void) | undefined {
      if (isClosed || count >= most) return undefined;
      const known = followed.get(orderId) ?? { seq, waiting: UNTOLD, followers: new Set() };
      // A follower that is behind brings the others along: each drops what it has seen before.
      known.seq = Math.min(known.seq, seq);
      // What this one was told before it came may be over.
      known.waiting = UNTOLD;
      known.followers.add(follower);
      followed.set(orderId, known);
      count += 1;
      looking ??= look().finally(() => (looking = undefined));
      return () => leave(orderId, follower);
    },
    /** Ends every follower and takes no more. */
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
      // A look that takes long is followed by a longer pause, so that many followers cannot fill the database's day.
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
      // A follower that is further behind joined meanwhile: the next look brings what it lacks.
      if (followed.get(orderId)?.seq !== seq) continue;
      // Later ones may have come since; they are told with the status that they lead to.
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
