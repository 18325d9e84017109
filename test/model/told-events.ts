import { setTimeout as pause } from 'node:timers/promises';
import { createOutboxStore } from '../../src/adapters/postgres/events/outbox.js';
import type { Database } from '../../src/adapters/postgres/pool.js';
import { startRelay } from '../../src/relay/relay.js';

/** What was told to the outside about the orders. */
export interface ToldEvents {
  /** The types of the events of an order, in the order of its timeline. */
  of(orderId: string): Promise<string[]>;
  close(): Promise<void>;
}

const DRAINED_WITHIN_MS = 10_000;
const LOOK_EVERY_MS = 20;

/** The real relay, with a consumer that remembers. */
export function followEvents(
  database: Database,
  note: (fields: Record<string, unknown>, text: string) => void,
): ToldEvents {
  const store = createOutboxStore(database);
  const told = new Map<string, Map<number, string>>();
  const relay = startRelay({
    store,
    consumers: [
      {
        name: 'model',
        wants: () => true,
        async take({ orderId, seq, type }) {
          told.set(orderId, (told.get(orderId) ?? new Map<number, string>()).set(seq, type));
        },
      },
    ],
    log: { warn: note },
  });
  return {
    async of(orderId) {
      for (const until = Date.now() + DRAINED_WITHIN_MS; (await store.backlog()).rows > 0;) {
        if (Date.now() > until) throw new Error('the relay does not hand everything on');
        relay.wake();
        await pause(LOOK_EVERY_MS);
      }
      return [...(told.get(orderId) ?? [])].sort(([first], [second]) => first - second).map(([, type]) => type);
    },
    close: () => relay.stop(),
  };
}
