import { sql } from 'kysely';
import type { OrderStatus } from '../../../domain/order.js';
import { prepared, type Database } from '../pool.js';
import { orUnavailable } from '../unavailable.js';
import { utc } from '../utc.js';

interface VersionRow {
  orderId: string;
  version: number;
  status: OrderStatus;
}

const versions = prepared<VersionRow>(
  'versions-of-followed',
  'select order_id as "orderId", version, status from orders where order_id = any($1)',
);

/** What is new about orders that somebody follows. Throws `Unavailable` when the database is away. */
export function createFollowedOrders(database: Database) {
  return {
    async versions(orderIds: readonly string[]): Promise<VersionRow[]> {
      return orUnavailable(versions(database, [orderIds]));
    },

    /** The events of each order after its `seq`, oldest first. */
    async eventsAfter(places: readonly { orderId: string; seq: number }[]) {
      const ids = places.map(({ orderId }) => orderId);
      const seqs = places.map(({ seq }) => seq);
      return orUnavailable(
        database.kysely
          .selectFrom('order_events as e')
          .innerJoin(
            sql<{ id: string; after: number }>`unnest(${ids}::text[], ${seqs}::int[])`.as<'p'>(sql`p(id, after)`),
            (join) => join.onRef('p.id', '=', 'e.order_id').onRef('e.seq', '>', 'p.after'),
          )
          .select(['e.order_id as orderId', 'e.seq', 'e.type', 'e.data', utc('e.created_at').as('createdAt')])
          .orderBy('e.order_id')
          .orderBy('e.seq')
          .execute(),
      );
    },
  };
}
