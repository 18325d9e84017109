import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';

const PAUSE_MS = 2;
const LONGEST_MS = 60_000;
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

    stop: () => client.end(),
  };
}
