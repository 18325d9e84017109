import { sql, type RawBuilder } from 'kysely';
import type { NoticeRef } from '../../../domain/notice.js';
import type { NoticeWatchStore } from '../../../relay/relay-ports.js';
import type { Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';

/** When a workflow that was just started is first checked. Its own first try may come after some seconds. */
export const FIRST_LOOK = sql<Date>`now() + interval '5 minutes'`;

// A mail server that is down for days leaves many notices: the older one is, the less often it is checked.
const NEXT_LOOK = sql<Date>`now() + least(greatest(now() - n.created_at, interval '5 minutes'), interval '1 hour')`;

const inMs = (ms: number) => sql<Date>`now() + ${ms}::float8 * interval '1 ms'`;

/** The notices that were handed to workflows. */
export function createNoticeWatchStore({ kysely }: Database): NoticeWatchStore {
  return {
    async hold({ orderId, seq, channel }) {
      await orUnavailable(
        sql`insert into notices as n (order_id, seq, channel, watch_at)
            values (${orderId}, ${seq}, ${channel}, ${FIRST_LOOK})
            on conflict (order_id, seq, channel) do update set watch_at = excluded.watch_at
            where n.state = 'pending'`.execute(kysely),
      );
    },

    async toWatch(limit) {
      const { rows } = await orUnavailable(
        sql<NoticeRef>`
          with found as materialized (
            select order_id, seq, channel from notices where watch_at <= now()
            order by watch_at limit ${limit} for update skip locked
          )
          update notices n set watch_at = now() + interval '15 seconds' from found f
          where (n.order_id, n.seq, n.channel) = (f.order_id, f.seq, f.channel)
          returning n.order_id as "orderId", n.seq, n.channel`.execute(kysely),
      );
      return rows;
    },

    watched: (refs) => lookAgain(refs, NEXT_LOOK),
    watchAgain: (ref, pauseMs) => lookAgain([ref], inMs(pauseMs)),
  };

  async function lookAgain(refs: readonly NoticeRef[], at: RawBuilder<Date>): Promise<void> {
    const columns = [refs.map((ref) => ref.orderId), refs.map((ref) => ref.seq), refs.map((ref) => ref.channel)];
    await orUnavailable(
      sql`update notices n set watch_at = ${at}
          from unnest(${columns[0]}::text[], ${columns[1]}::integer[], ${columns[2]}::text[]) as f (order_id, seq, channel)
          where (n.order_id, n.seq, n.channel) = (f.order_id, f.seq, f.channel) and n.state = 'pending'`.execute(
        kysely,
      ),
    );
  }
}
