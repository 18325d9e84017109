import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

const PAUSE_MS = 2;
const LONGEST_MS = 60_000;
const REST_PAUSE_MS = 200;
const SETTLED = ['confirmed', 'completed', 'failed', 'cancelled'];

/**
 * Watches the orders of one database for all clients together: one query for every outstanding order, a pause of 2 ms,
 * and again. The same for both sides, and without any help from them.
 */
export async function watchSettlement(databaseUrl) {
  const client = new Client({ connectionString: databaseUrl });
  client.on('error', () => {});
  await client.connect();
  // The plan is made once, while the table is still empty.
  await client.query('set enable_seqscan = off');
  const waiting = new Map();
  let polling = false;
  let failure;

  async function poll() {
    polling = true;
    try {
      while (waiting.size > 0) {
        const { rows } = await client.query({
          name: 'settled',
          text: 'select order_id, status from orders where order_id = any($1) and status = any($2)',
          values: [[...waiting.keys()], SETTLED],
        });
        const seenAt = performance.now();
        for (const { order_id: orderId, status } of rows) {
          waiting.get(orderId)?.resolve({ status, seenAt });
          waiting.delete(orderId);
        }
        const [oldest] = waiting;
        if (oldest && seenAt - oldest[1].since > LONGEST_MS) throw new Error(`order ${oldest[0]} does not settle`);
        await sleep(PAUSE_MS);
      }
    } catch (error) {
      failure = error;
      for (const { reject } of waiting.values()) reject(error);
    }
    polling = false;
  }

  return {
    /** Our end of the connection, which the title of its server process shows. */
    localPort: client.connection.stream.localPort,

    /** How the order ended, and when that was seen. */
    settled(orderId) {
      return new Promise((resolve, reject) => {
        if (failure !== undefined) return reject(failure);
        waiting.set(orderId, { resolve, reject, since: performance.now() });
        if (!polling) void poll();
      });
    },

    /** Resolves when nothing is left of what the orders caused: events to pass on, and events of the gateway to process. */
    async atRest() {
      const giveUpAt = performance.now() + LONGEST_MS;
      for (;;) {
        const { rows } = await client.query(
          `select exists (select from outbox) or exists (select from gateway_events where processed_at is null) as busy`,
        );
        if (!rows[0].busy) return;
        if (performance.now() > giveUpAt) throw new Error('the events of the orders are not processed');
        await sleep(REST_PAUSE_MS);
      }
    },

    stop: () => client.end(),
  };
}
