import { sql } from 'kysely';
import type { NewDelivery, OpenDelivery, Subscriber, WebhookStore } from '../../../relay/relay-ports.js';
import { disableGone, signingSecrets } from './endpoint-row.js';
import { eventSources } from './event-sources.js';
import { prepared, type Database } from '../pool.js';
import { purgeDeliveries } from './purge-deliveries.js';
import { orUnavailable } from '../or-unavailable.js';

const known = prepared<{ key: string }>(
  'webhook-known',
  `select endpoint_id || ' ' || message_id as key from webhook_deliveries where message_id = any($1::text[])`,
);

// In the order of the unique key, so that two relays with the same events never deadlock.
const add = prepared(
  'webhook-add',
  `with made as materialized (
     select * from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::float8[],
                          $8::text[], $9::integer[], $10::text[], $11::integer[], $12::text[])
       as m (endpoint_id, message_id, type, order_id, seq, state, pause_ms, outcome, status_code, detail, latency_ms,
             response)
   ), added as (
     insert into webhook_deliveries (endpoint_id, message_id, type, order_id, seq, state, tries, next_attempt_at)
     select endpoint_id, message_id, type, order_id, seq, state, (outcome is not null)::integer,
            case when state in ('pending', 'retrying') then now() + pause_ms * interval '1 ms' end
     from made order by message_id, endpoint_id
     on conflict do nothing
     returning id, endpoint_id, message_id
   )
   insert into delivery_attempts (delivery_id, number, outcome, status_code, detail, latency_ms, response)
   select added.id, 1, outcome, status_code, detail, latency_ms, response
   from added join made using (endpoint_id, message_id) where outcome is not null`,
);

// A lease for the relay that starts the workflow now.
const toWatch = prepared<OpenDelivery>(
  'webhook-to-watch',
  `with found as materialized (
     select id from webhook_deliveries where state in ('pending', 'retrying') and watch_at <= now()
     order by watch_at limit $1 for update skip locked
   )
   update webhook_deliveries d set watch_at = now() + interval '15 seconds'
   from found where d.id = found.id
   returning d.id, d.round, d.tries,
             greatest(0, extract(epoch from d.next_attempt_at - now()) * 1000)::float8 as "waitMs"`,
);

// A workflow is checked again when its next try is five minutes overdue. A round that began meanwhile has none yet.
const watched = prepared(
  'webhook-watched',
  `update webhook_deliveries set watch_at = greatest(next_attempt_at, now()) + interval '5 minutes'
   where (id, round) in (select * from unnest($1::text[], $2::integer[])) and state in ('pending', 'retrying')`,
);

/** What the relay reads and writes about webhooks. */
export function createWebhookStore(database: Database): WebhookStore {
  return {
    sources: (refs) => eventSources(database, refs),

    async subscribers(): Promise<Subscriber[]> {
      return orUnavailable(
        database.kysely
          .selectFrom('webhook_endpoints')
          .select(['id', 'url', 'event_types as filters', signingSecrets.as('secrets')])
          .where('state', '=', 'enabled')
          .execute(),
      );
    },

    async known(messageIds) {
      return (await orUnavailable(known(database, [messageIds]))).map(({ key }) => key);
    },

    async add(deliveries) {
      await orUnavailable(add(database, columnsOf(deliveries)));
      const gone = deliveries.filter(({ result }) => result?.kind === 'gone').map(({ endpointId }) => endpointId);
      if (gone.length > 0) await orUnavailable(disableGone(database.kysely, gone));
    },

    async toWatch(limit) {
      const open = await orUnavailable(toWatch(database, [limit]));
      return open.map((delivery) => ({ ...delivery, waitMs: Math.ceil(delivery.waitMs) }));
    },

    async watched(deliveries) {
      const [ids, rounds] = [deliveries.map(({ id }) => id), deliveries.map(({ round }) => round)];
      await orUnavailable(watched(database, [ids, rounds]));
    },

    async watchAgain({ id, round }, pauseMs) {
      await orUnavailable(
        database.kysely
          .updateTable('webhook_deliveries')
          .set({ watch_at: sql<Date>`now() + ${pauseMs}::float8 * interval '1 ms'` })
          .where('id', '=', id)
          .where('round', '=', round)
          .execute(),
      );
    },

    purge: (limit, olderThan) => orUnavailable(purgeDeliveries(database, limit, olderThan)),
  };
}

function columnsOf(deliveries: readonly NewDelivery[]): unknown[] {
  const results = deliveries.map(({ result }) => result);
  return [
    deliveries.map((one) => one.endpointId),
    deliveries.map((one) => one.messageId),
    deliveries.map((one) => one.type),
    deliveries.map((one) => one.orderId),
    deliveries.map((one) => one.seq),
    deliveries.map((one) => one.state),
    deliveries.map((one) => one.pauseMs),
    results.map((result) => result?.kind ?? null),
    results.map((result) => (result !== undefined && 'statusCode' in result ? result.statusCode : null)),
    results.map((result) => (result !== undefined && 'detail' in result ? result.detail : '')),
    results.map((result) => (result === undefined ? null : Math.round(result.latencyMs))),
    results.map((result) => (result !== undefined && 'response' in result ? result.response : null)),
  ];
}
