import { sql } from 'kysely';
import { waitingOf } from '../../../domain/order-waiting.js';
import type { OrderStatus } from '../../../domain/order.js';
import type { AttemptState } from '../../../domain/payment-states.js';
import { prepared, type Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { utc } from '../utc.js';

interface VersionRow {
  orderId: string;
  version: number;
  status: OrderStatus;
  reviewBy: string | null;
  attemptState: AttemptState | null;
  tries: number | null;
  waitsUntil: string | null;
}

const TIME = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;

const versions = prepared<VersionRow>(
  'versions-of-followed',
  `select o.order_id as "orderId", o.version, o.status, to_char(o.review_by at time zone 'UTC', ${TIME}) as "reviewBy",
          a.state as "attemptState", a.tries, to_char(a.waits_until at time zone 'UTC', ${TIME}) as "waitsUntil"
   from orders o
   left join lateral (select state, tries, waits_until from payment_attempts p
                      where p.order_id = o.order_id order by attempt desc limit 1) a on o.status = 'reserved'
   where o.order_id = any($1)`,
);

/** Changes of followed orders. Throws `Unavailable` when the database is unavailable. */
export function createFollowedOrderReader(database: Database) {
  return {
    async versions(orderIds: readonly string[]) {
      const rows = await orUnavailable(versions(database, [orderIds]));
      return rows.map(({ orderId, version, status, reviewBy, attemptState: state, tries, waitsUntil }) => {
        const attempt = state === null ? undefined : { state, tries: tries ?? 0, waitsUntil };
        return { orderId, version, status, waiting: waitingOf({ status, reviewBy, attempt }) };
      });
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
          .select([
            'e.order_id as orderId',
            'e.seq',
            'e.type',
            'e.data',
            'e.actor',
            utc('e.created_at').as('createdAt'),
          ])
          .orderBy('e.order_id')
          .orderBy('e.seq')
          .execute(),
      );
    },
  };
}
