import { sql } from 'kysely';
import type { GatewayEventWatchStore, LookedAtEvent } from '../../../relay/relay-ports.js';
import { orUnavailable } from '../or-unavailable.js';
import { prepared, type Database } from '../pool.js';
import { TELLS_NOTHING_NEW } from './gateway-event-facts.js';

// The worker that takes them may die: after the lease they are free again.
const look = prepared<LookedAtEvent & { effect: string | null }>(
  'look-at-gateway-events',
  `with e as materialized (
     select gateway, event_id, type, charge_key, refund_key from gateway_events
     where processed_at is null and look_at <= now()
     order by look_at limit $1 for update skip locked
   ), compared as materialized (
     select gateway, event_id, case when ${TELLS_NOTHING_NEW} then 'known before' end as effect from e
   )
   update gateway_events g
   set effect = c.effect, processed_at = case when c.effect is not null then now() end, look_at = now() + interval '30 seconds'
   from compared c where (g.gateway, g.event_id) = (c.gateway, c.event_id)
   returning g.gateway, g.event_id as "eventId", g.effect`,
);

/** The stored gateway events that are not processed. */
export function createGatewayEventWatch(database: Database): GatewayEventWatchStore {
  return {
    async toWatch(limit) {
      for (;;) {
        const found = await orUnavailable(look(database, [limit]));
        const news = found.filter(({ effect }) => effect === null);
        if (news.length > 0 || found.length < limit) return news.map(({ gateway, eventId }) => ({ gateway, eventId }));
      }
    },

    async watched(events) {
      await orUnavailable(
        // Its workflow tries for four days; what is left after that is in the audit.
        sql`update gateway_events g
            set look_at = case when received_at < now() - interval '4 days' then 'infinity'
                               else now() + least(greatest(now() - received_at, interval '10 minutes'), interval '1 hour') end
            from unnest(${events.map(({ gateway }) => gateway)}::text[], ${events.map(({ eventId }) => eventId)}::text[])
                   as f (gateway, event_id)
            where (g.gateway, g.event_id) = (f.gateway, f.event_id) and g.processed_at is null`.execute(
          database.kysely,
        ),
      );
    },

    async watchAgain({ gateway, eventId }, pauseMs) {
      await orUnavailable(
        database.kysely
          .updateTable('gateway_events')
          .set({ look_at: sql<Date>`now() + ${pauseMs}::float8 * interval '1 ms'` })
          .where('gateway', '=', gateway)
          .where('event_id', '=', eventId)
          .where('processed_at', 'is', null)
          .execute(),
      );
    },
  };
}
