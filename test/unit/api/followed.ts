import type { OrderEvent } from '../../../src/api/orders/order-events.js';
import type { FollowedOrderReader } from '../../../src/api/orders/stream/order-followers.js';
import { waitingFor, type OrderRecord } from '../../../src/domain/order-record.js';

/** What streams read, from rows and trails in memory. */
export function followedOf(rows: Map<string, OrderRecord>, trails: Map<string, OrderEvent[]>): FollowedOrderReader {
  return {
    versions: async (ids) =>
      ids.flatMap((orderId) => {
        const row = rows.get(orderId);
        return row === undefined
          ? []
          : [{ orderId, version: row.version, status: row.status, waiting: waitingFor(row) }];
      }),
    eventsAfter: async (places) =>
      places.flatMap(({ orderId, seq }) =>
        (trails.get(orderId) ?? []).filter((event) => event.seq > seq).map((event) => ({ ...event, orderId })),
      ),
  };
}
