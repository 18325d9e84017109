import pLimit from 'p-limit';
import type { RelayLog } from './relay.js';
import { startRounds, type Rounds } from './poll-loop.js';

export interface WatchOptions<Item> {
  store: WatchedRows<Item>;
  /** Starts the workflow of one, unless it is running. */
  start(item: Item): Promise<void>;
  log: RelayLog;
  /** Its name in the log, and the fields that identify it there. */
  what: string;
  known(item: Item): Record<string, unknown>;
  pollMs?: number;
}

/** Rows that need a workflow until they are settled. */
export interface WatchedRows<Item> {
  /** Claims, for a few seconds, rows that may have none. */
  toWatch(limit: number): Promise<Item[]>;
  /** They have one. */
  watched(items: readonly Item[]): Promise<void>;
  watchAgain(item: Item, pauseMs: number): Promise<void>;
}

const BATCH = 50;
const AT_ONCE = 10;
const POLL_MS = 1_000;
const AWAY_PAUSE_MS = 5_000;

/**
 * Ensures that every open row has a workflow: new rows, and rows whose workflow may have been ended from outside.
 * Everything that it needs is in the rows, so any relay can do it.
 */
export function watchOver<Item>({ store, start, log, what, known, pollMs = POLL_MS }: WatchOptions<Item>): Rounds {
  let isAway = false;

  return startRounds(async (wait) => {
    try {
      const open = await store.toWatch(BATCH);
      const began = await pLimit(AT_ONCE).map(open, begin);
      const started = open.filter((_, index) => began[index]);
      if (started.length > 0) await store.watched(started);
      if (open.length < BATCH) await wait(pollMs);
    } catch {
      // The relay already reports an unavailable database.
      await wait(pollMs);
    }
  });

  async function begin(item: Item): Promise<boolean> {
    try {
      await start(item);
      isAway = false;
      return true;
    } catch (err) {
      if (!isAway) log.warn({ ...known(item), err }, `a ${what} could not be started; it will be retried`);
      isAway = true;
      await store.watchAgain(item, AWAY_PAUSE_MS);
      return false;
    }
  }
}
