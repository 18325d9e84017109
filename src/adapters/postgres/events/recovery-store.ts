import { sql } from 'kysely';
import type { OpenRecovery, RecoveryPlace, RecoveryStore } from '../../../relay/relay-ports.js';
import { eventSources } from './event-sources.js';
import type { Database } from '../pool.js';
import { utcExact } from '../utc.js';
import { orUnavailable } from '../or-unavailable.js';

// How many deliveries may wait for their first try, so that neither the receiver nor other endpoints suffer.
const MOST_WAITING = 1_000;
const SHORTEST_SPAN_S = 60;
const LONGEST_SPAN_S = 86_400;

/** What the relay reads and writes about recoveries. */
export function createRecoveryStore(database: Database): RecoveryStore {
  const { kysely } = database;

  return {
    // Not before transactions that began before its end have had time to commit.
    async claim() {
      const { rows } = await orUnavailable(
        sql<OpenRecovery>`
          with over as (
            update webhook_recoveries r set finished_at = now() from webhook_endpoints e
            where e.id = r.endpoint_id and r.finished_at is null and e.state <> 'enabled'
          ), found as materialized (
            select r.endpoint_id, e.event_types from webhook_recoveries r join webhook_endpoints e on e.id = r.endpoint_id
            where r.finished_at is null and r.due_at <= now() and e.state = 'enabled'
              and r.until <= now() - interval '2 seconds'
            order by r.due_at limit 1 for update of r skip locked
          )
          update webhook_recoveries r set due_at = now() + interval '1 minute' from found
          where r.endpoint_id = found.endpoint_id
          returning r.endpoint_id as "endpointId", found.event_types as filters, r.missed_only as "missedOnly"`.execute(
          kysely,
        ),
      );
      return rows[0];
    },

    async next({ endpointId }, limit) {
      if (await isBusy(endpointId)) return undefined;
      const places = await placesAfter(endpointId, limit);
      const sources = (await eventSources(database, places)).filter((source) => source !== undefined);
      const reached = places.at(-1);
      return { sources, isLast: places.length < limit, ...(reached === undefined ? {} : { reached }) };
    },

    async resend({ endpointId, missedOnly }, { reached: place, isLast }, messages) {
      await orUnavailable(
        sql`
          with sent as (
            insert into webhook_deliveries as d (endpoint_id, message_id, type, order_id, seq, state, next_attempt_at)
            select ${endpointId}, m.message_id, m.type, m.order_id, m.seq, 'pending', now()
            from unnest(${messages.map((one) => one.messageId)}::text[], ${messages.map((one) => one.type)}::text[],
                        ${messages.map((one) => one.orderId)}::text[], ${messages.map((one) => one.seq)}::integer[])
              as m (message_id, type, order_id, seq)
            order by m.message_id
            on conflict (message_id, endpoint_id) do update
              set state = 'pending', round = d.round + 1, tries = 0, next_attempt_at = now(), watch_at = now(),
                  updated_at = now()
              where d.state in ('retrying', 'failed') or (d.state = 'delivered' and not ${missedOnly})
            returning 1
          )
          update webhook_recoveries
          set resent = resent + (select count(*) from sent), due_at = now() + interval '1 minute',
              reached_at = coalesce(${place?.at ?? null}::timestamptz, reached_at),
              reached_order = coalesce(${place?.orderId ?? null}, reached_order),
              reached_seq = coalesce(${place?.seq ?? null}::integer, reached_seq),
              finished_at = case when ${isLast} then now() end
          where endpoint_id = ${endpointId} and finished_at is null`.execute(kysely),
      );
    },

    async giveBack({ endpointId }, pauseMs) {
      await orUnavailable(
        sql`update webhook_recoveries set due_at = now() + ${pauseMs}::float8 * interval '1 ms'
            where endpoint_id = ${endpointId} and finished_at is null`.execute(kysely),
      );
    },
  };

  async function isBusy(endpointId: string): Promise<boolean> {
    const { rows } = await orUnavailable(
      sql<{ waiting: number }>`
        select count(*)::integer as waiting from (
          select from webhook_deliveries where state = 'pending' and endpoint_id = ${endpointId} limit ${MOST_WAITING}
        ) as waiting`.execute(kysely),
    );
    return (rows[0]?.waiting ?? 0) >= MOST_WAITING;
  }

  /**
   * The next events by time. The block ranges of the index find a time span, not its first rows, so spans are short in
   * busy periods and grow in quiet ones.
   */
  async function placesAfter(endpointId: string, limit: number): Promise<RecoveryPlace[]> {
    const found: RecoveryPlace[] = [];
    let from: string | undefined;
    for (let spanS = SHORTEST_SPAN_S; found.length < limit; spanS = Math.min(spanS * 2, LONGEST_SPAN_S)) {
      const { places, end, isEnd } = await span(endpointId, from, spanS, limit - found.length);
      found.push(...places);
      if (isEnd && found.length < limit) return found;
      from = end;
    }
    return found;
  }

  async function span(endpointId: string, from: string | undefined, spanS: number, limit: number) {
    const { rows } = await orUnavailable(
      sql<{ end: string; isEnd: boolean; places: RecoveryPlace[] }>`
        with span as materialized (
          select coalesce(${from ?? null}::timestamptz, reached_at) as begins,
                 least(coalesce(${from ?? null}::timestamptz, reached_at) + make_interval(secs => ${spanS}), until) as ends,
                 until, reached_at, reached_order, reached_seq
          from webhook_recoveries where endpoint_id = ${endpointId}
        ), places as (
          select e.created_at, e.order_id, e.seq from order_events e, span
          where e.created_at >= span.begins and e.created_at < span.ends
            and (e.created_at, e.order_id, e.seq) > (span.reached_at, span.reached_order, span.reached_seq)
          order by e.created_at, e.order_id, e.seq limit ${limit}
        )
        select ${utcExact('ends')} as end, ends >= until as "isEnd",
               coalesce((select json_agg(json_build_object(
                           'at', ${utcExact('created_at')},
                           'orderId', order_id, 'seq', seq) order by created_at, order_id, seq) from places), '[]') as places
        from span`.execute(kysely),
    );
    const [row] = rows;
    if (row === undefined) return { places: [], end: from, isEnd: true };
    return row;
  }
}
