import { sql } from 'kysely';
import { isNoticeEvent, NOTICE_EVENTS, type NoticeRecord } from '../../../domain/notice.js';
import type { Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { utc } from '../utc.js';

/** The notices for the API. */
export function createNoticeReader({ kysely }: Database) {
  return {
    async list(orderId: string, after: { seq: number; channel: string }, limit: number): Promise<NoticeRecord[]> {
      const rows = await orUnavailable(
        kysely
          .selectFrom('notices as n')
          .innerJoin('order_events as e', (join) =>
            join.onRef('e.order_id', '=', 'n.order_id').onRef('e.seq', '=', 'n.seq'),
          )
          .select(['n.seq', 'e.type', 'n.channel', 'n.state', 'n.attempts', 'n.last_error as lastError'])
          .select([utc('n.created_at').as('createdAt'), utc('n.updated_at').as('updatedAt')])
          .where('n.order_id', '=', orderId)
          .where(sql<boolean>`((n.seq, n.channel) > (${after.seq}::integer, ${after.channel}))`)
          .orderBy('n.seq')
          .orderBy('n.channel')
          .limit(limit)
          .execute(),
      );
      return rows.flatMap(({ type, ...row }) =>
        isNoticeEvent(type) ? [{ ...row, about: NOTICE_EVENTS[type].about }] : [],
      );
    },
  };
}
