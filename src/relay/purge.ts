import type { RelayLog } from './relay.js';
import { startRounds, type Rounds } from './poll-loop.js';
import type { WebhookStore } from './relay-ports.js';

export interface PurgeOptions {
  store: WebhookStore;
  log: RelayLog;
  /** How long a successful delivery is kept. */
  retentionMs: number;
  everyMs?: number;
}

const EVERY_MS = 60_000;
const BATCH = 1_000;
const BATCHES = 20;
// Failed deliveries wait for a replay, but not indefinitely.
const FAILED_MS = 90 * 24 * 3_600_000;

/** Deletes old deliveries from time to time, a bounded number in small batches. */
export function startPurge({ store, log, retentionMs, everyMs = EVERY_MS }: PurgeOptions): Rounds {
  const olderThan = { deliveredMs: retentionMs, failedMs: Math.max(FAILED_MS, retentionMs) };
  return startRounds(async (wait, ending) => {
    await wait(everyMs);
    try {
      for (let batch = 0; batch < BATCHES && !ending.aborted; batch += 1) {
        if ((await store.purge(BATCH, olderThan)) < BATCH) break;
      }
    } catch (err) {
      log.warn({ err }, 'old deliveries could not be deleted; the next round will try again');
    }
  });
}
