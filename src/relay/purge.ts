import { createBell } from './bell.js';
import type { RelayLog } from './relay.js';
import type { WebhookStore } from './webhook-store.js';

export interface PurgeOptions {
  store: WebhookStore;
  log: RelayLog;
  /** How long a delivery that was taken is kept. */
  retentionMs: number;
  everyMs?: number;
}

const EVERY_MS = 60_000;
const BATCH = 1_000;
const BATCHES = 20;
// What failed waits for somebody to replay it, but not for ever.
const FAILED_MS = 90 * 24 * 3_600_000;

/** Deletes old deliveries from time to time, a bounded number in small batches. */
export function startPurge({ store, log, retentionMs, everyMs = EVERY_MS }: PurgeOptions): { stop(): Promise<void> } {
  const bell = createBell();
  const ending = new AbortController();
  const stopped = run();
  return {
    async stop() {
      ending.abort();
      bell.ring();
      await stopped;
    },
  };

  async function run(): Promise<void> {
    while (!ending.signal.aborted) {
      await bell.wait(everyMs);
      const olderThan = { deliveredMs: retentionMs, failedMs: Math.max(FAILED_MS, retentionMs) };
      try {
        for (let batch = 0; batch < BATCHES && !ending.signal.aborted; batch += 1) {
          if ((await store.purge(BATCH, olderThan)) < BATCH) break;
        }
      } catch (err) {
        log.warn({ err }, 'old deliveries could not be deleted; the next round does it');
      }
    }
  }
}
