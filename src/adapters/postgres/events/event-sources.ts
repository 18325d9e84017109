import type { RecordedEvent } from '../../../domain/public-event.js';
import { prepared, type Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';

type Row = RecordedEvent & { place: number };

const select = prepared<Row>(
  'event-sources',
  `select w.place::integer as place, e.order_id as "orderId", e.seq, e.type, e.data,
          to_char(e.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as "createdAt",
          o.customer_id as "customerId", o.currency, o.total_minor as "totalMinor", o.adjustments,
          coalesce((select array_agg(b.type order by b.seq) from order_events b
                    where b.order_id = e.order_id and b.seq < e.seq), '{}') as before
   from unnest($1::text[], $2::integer[]) with ordinality as w (order_id, seq, place)
   join order_events e using (order_id, seq)
   join orders o using (order_id)`,
);

/** The sources of messages about these events, in the same order; undefined for events that do not exist. */
export async function eventSources(
  database: Database,
  refs: readonly { orderId: string; seq: number }[],
): Promise<(RecordedEvent | undefined)[]> {
  const values = [refs.map(({ orderId }) => orderId), refs.map(({ seq }) => seq)];
  const rows = await orUnavailable(select(database, values));
  const found = new Map(rows.map(({ place, ...source }) => [place, source]));
  return refs.map((_, index) => found.get(index + 1));
}
