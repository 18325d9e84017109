import { createBell } from './bell.js';
import type { DeliveryStarter } from './delivery-starter.js';
import type { RelayLog } from './relay.js';
import type { OpenDelivery, WebhookStore } from './webhook-store.js';

export interface DeliveryWatchOptions {
  store: WebhookStore;
  start: DeliveryStarter;
  log: RelayLog;
  pollMs?: number;
}

export interface DeliveryWatch {
  /** There may be deliveries to start. */
  ring(): void;
  stop(): Promise<void>;
}

const BATCH = 50;
const AT_ONCE = 10;
const POLL_MS = 1_000;
const AWAY_PAUSE_MS = 5_000;

/**
 * Sees to it that every open delivery has a workflow: new ones, replays, tests, and those whose workflow is long overdue.
 * All that it needs is in the rows, so any relay can do it for any other.
 */
export function watchDeliveries({ store, start, log, pollMs = POLL_MS }: DeliveryWatchOptions): DeliveryWatch {
  const bell = createBell();
  const ending = new AbortController();
  let isAway = false;
  const stopped = run();

  return {
    ring: bell.ring,
    async stop() {
      ending.abort();
      bell.ring();
      await stopped;
    },
  };

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      try {
        const open = await store.toWatch(BATCH);
        const waiting = [...open];
        const started: string[] = [];
        const lane = async () => {
          for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
            if (await begin(next)) started.push(next.id);
          }
        };
        await Promise.all(Array.from({ length: Math.min(AT_ONCE, open.length) }, lane));
        if (started.length > 0) await store.watched(started);
        if (open.length < BATCH) await bell.wait(pollMs);
      } catch {
        // The relay tells of a database that is away.
        await bell.wait(pollMs);
      }
    }
  }

  async function begin(delivery: OpenDelivery): Promise<boolean> {
    try {
      await start(delivery);
      isAway = false;
      return true;
    } catch (err) {
      if (!isAway) log.warn({ delivery: delivery.id, err }, 'a delivery could not be started; it is tried again');
      isAway = true;
      await store.watchAgain(delivery.id, AWAY_PAUSE_MS);
      return false;
    }
  }
}
