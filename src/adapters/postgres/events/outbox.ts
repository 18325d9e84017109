// The outbox, webhook endpoints and their deliveries, notices. Never the sending itself.

import { sql } from 'kysely';
import type { ClaimedEvent, OutboxStore } from '../../../relay/relay-ports.js';
import { prepared, type Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';

// The row's own due time is the lease: no transaction stays open while an event is being handed on.
const claim = prepared<ClaimedEvent>(
  'outbox-claim',
  `with due as materialized (
     select id from outbox where due_at <= now() order by due_at limit $1 for update skip locked
   )
   update outbox o set attempts = o.attempts + 1,
          due_at = now() + $2::float8 * power(2, least(o.attempts, 6)) * interval '1 ms'
   from due where o.id = due.id
   returning o.id, o.order_id as "orderId", o.seq, o.type, o.attempts,
             to_char(o.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt"`,
);

const done = prepared('outbox-done', 'delete from outbox where id = any($1::bigint[])');

export function createOutboxStore(database: Database): OutboxStore {
  return {
    claim: async (limit, leaseMs) => orUnavailable(claim(database, [limit, leaseMs])),

    async done(ids) {
      await orUnavailable(done(database, [ids]));
    },

    async giveBack(id, { error, pauseMs, counts }) {
      await orUnavailable(
        database.kysely
          .updateTable('outbox')
          .set({
            last_error: error,
            due_at: sql<Date>`now() + ${pauseMs}::float8 * interval '1 ms'`,
            attempts: sql<number>`attempts - ${counts ? 0 : 1}::integer`,
          })
          .where('id', '=', id)
          .execute(),
      );
    },

    async backlog() {
      const age = sql<number>`coalesce(extract(epoch from now() - min(created_at)) * 1000, 0)::float8`;
      const rows = sql<number>`count(*)`;
      const query = database.kysely.selectFrom('outbox').select([rows.as('rows'), age.as('oldestAgeMs')]);
      return orUnavailable(query.executeTakeFirstOrThrow());
    },

    async depth(most) {
      const some = database.kysely.selectFrom('outbox').select('id').limit(most).as('some');
      const counted = database.kysely.selectFrom(some).select(sql<number>`count(*)`.as('rows'));
      return (await orUnavailable(counted.executeTakeFirstOrThrow())).rows;
    },
  };
}
