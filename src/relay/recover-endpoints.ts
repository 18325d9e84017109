import { matchesFilter } from '../domain/event-filter.js';
import { publicEventsOf } from '../domain/public-event.js';
import type { OpenRecovery, RecoveryStore } from './relay-ports.js';
import type { RelayLog } from './relay.js';
import { startRounds, type Rounds } from './poll-loop.js';

export interface RecoverOptions {
  store: RecoveryStore;
  log: RelayLog;
  /** Called when deliveries need a workflow. */
  onOpen: () => void;
  pollMs?: number;
}

const BATCH = 200;
const POLL_MS = 2_000;
const BUSY_PAUSE_MS = 2_000;

/**
 * Resends what endpoints have missed, in batches, so that any relay can continue where another one stopped. The
 * deliveries' workflows do the sending; a recovery waits while an endpoint has many of them waiting.
 */
export function recoverEndpoints({ store, log, onOpen, pollMs = POLL_MS }: RecoverOptions): Rounds {
  return startRounds(async (wait, ending) => {
    try {
      const recovery = await store.claim();
      if (recovery === undefined) await wait(pollMs);
      else await workOn(recovery, ending);
    } catch (err) {
      log.warn({ err }, 'a recovery of an endpoint was interrupted; it will continue in a minute');
      await wait(pollMs);
    }
  });

  async function workOn(recovery: OpenRecovery, ending: AbortSignal): Promise<void> {
    const until = Date.now() + 30_000;
    while (!ending.aborted && Date.now() < until) {
      const batch = await store.next(recovery, BATCH);
      if (batch === undefined) return store.giveBack(recovery, BUSY_PAUSE_MS);
      const messages = batch.sources.flatMap((source) =>
        publicEventsOf(source)
          .filter(({ type }) => matchesFilter(recovery.filters, type))
          .map(({ id: messageId, type }) => ({ messageId, type, orderId: source.orderId, seq: source.seq })),
      );
      await store.resend(recovery, batch, messages);
      if (messages.length > 0) onOpen();
      if (batch.isLast) return;
    }
    await store.giveBack(recovery, 0);
  }
}
