import { sql } from 'kysely';
import type { NoticeStore, NotifyOutcome } from '../../../activities/notices.js';
import type { Adjustment } from '../../../domain/adjustment.js';
import type { Failure } from '../../../domain/failure.js';
import {
  isNoticeEvent,
  noticeSubject,
  type Notice,
  NOTICE_EVENTS,
  type NoticeRef,
  type NoticeState,
} from '../../../domain/notice.js';
import type { OrderLine, OrderStatus } from '../../../domain/order.js';
import { openDeadLetter } from '../dead-letters/dead-letter-store.js';
import { FIRST_LOOK } from './notice-watch-store.js';
import { actorJson } from '../actors.js';
import { prepared, type Database, type Tx } from '../pool.js';

interface BeginRow {
  state: NoticeState;
  type: string;
  happened_at: string;
  reason: Failure['reason'] | null;
  refund_minor: number | null;
  refund_currency: string | null;
  shipment: Notice['shipment'];
  status: OrderStatus;
  customer_id: string;
  customer_email: string | null;
  currency: string;
  total_minor: number;
  adjustments: Adjustment[] | null;
  lines: OrderLine[];
}

// An order has its lines from its first statement on, so everything that is read here was written before the event.
const begin = prepared<BeginRow>(
  'notice-begin',
  `with event as (
     select order_id, seq, type, data, created_at from order_events where order_id = $1 and seq = $2
   ), opened as (
     insert into notices (order_id, seq, channel, attempts) select order_id, seq, $3, 1 from event
     on conflict (order_id, seq, channel) do update
       set attempts = notices.attempts + case when notices.state = 'pending' then 1 else 0 end, updated_at = now()
     returning state
   )
   select opened.state, event.type, event.data ->> 'reason' as reason,
          (event.data ->> 'amount_minor')::bigint as refund_minor, event.data ->> 'currency' as refund_currency,
          case when event.type = 'fulfilment.created' then jsonb_build_object(
            'items', event.data -> 'items', 'carrier', event.data -> 'carrier',
            'trackingNumber', event.data -> 'tracking_number', 'trackingUrl', event.data -> 'tracking_url') end as shipment,
          to_char(event.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"') as happened_at,
          o.status, o.customer_id, o.customer_email, o.currency, o.total_minor, o.adjustments,
          (select json_agg(json_build_object('sku', l.sku, 'name', l.name, 'quantity', l.quantity,
                                             'unitPriceMinor', l.unit_price_minor) order by l.sku)
           from order_lines l where l.order_id = o.order_id) as lines
   from opened, event join orders o using (order_id)`,
);

/** The store of notices in PostgreSQL. */
export function createNoticeStore(database: Database): NoticeStore {
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => database.kysely.transaction().execute(work);

  return {
    async begin(ref) {
      const [row] = await begin(database, [ref.orderId, ref.seq, ref.channel]);
      if (row === undefined || !isNoticeEvent(row.type)) return undefined;
      const { about } = NOTICE_EVENTS[row.type];
      const notice = {
        key: `${ref.orderId}.${ref.seq}.${ref.channel}`,
        orderId: ref.orderId,
        about,
        happenedAt: row.happened_at,
        customerId: row.customer_id,
        email: row.customer_email,
        currency: row.refund_currency ?? row.currency,
        totalMinor: row.total_minor,
        lines: row.lines,
        adjustments: row.adjustments ?? [],
        reason: about === 'failure' ? row.reason : null,
        refundMinor: row.refund_minor,
        shipment: row.shipment,
      };
      return { state: row.state, event: row.type, orderStatus: row.status, notice };
    },

    settle: (ref, outcome) =>
      outcome.kind === 'rejected'
        ? inTransaction((tx) => reject(tx, ref, outcome.errorClass))
        : settle(database, ref, outcome),

    async giveUp(ref, errorClass) {
      return inTransaction(async (tx) => {
        const kept = await tx.selectFrom('notices').select('last_error').where(isRef(ref)).executeTakeFirst();
        const after = kept?.last_error ? ` after ${kept.last_error}` : '';
        return reject(tx, ref, `${errorClass}${after}`);
      });
    },

    async noteFault(ref, errorClass) {
      await database.kysely
        .updateTable('notices')
        .set({ last_error: errorClass, updated_at: sql<Date>`now()` })
        .where(isRef(ref))
        .where('state', '=', 'pending')
        .execute();
    },

    async reopen(ref, deadLetterId, actor) {
      return inTransaction(async (tx) => {
        const letter = await tx
          .updateTable('dead_letters')
          .set({ state: 'redriving', redriven_by: actorJson(actor), updated_at: sql<Date>`now()` })
          .where('id', '=', deadLetterId)
          .where('order_id', '=', ref.orderId)
          .where('kind', '=', 'notice')
          .where('subject', '=', noticeSubject(ref))
          .where('state', '=', 'open')
          .returning('id')
          .executeTakeFirst();
        if (letter === undefined) return { kind: 'refused', code: 'superseded', status: null };
        await tx
          .updateTable('notices')
          .set({ state: 'pending', watch_at: FIRST_LOOK, updated_at: sql<Date>`now()` })
          .where(isRef(ref))
          .where('state', '=', 'failed')
          .execute();
        return { kind: 'admitted' };
      });
    },
  };
}

// Most notices are sent at the first try: that costs one statement.
const settleStatement = prepared<{ state: NoticeState }>(
  'notice-settle',
  `with settled as (
     update notices set state = $4::text, last_error = $5, watch_at = null, updated_at = now()
     where order_id = $1 and seq = $2 and channel = $3
       -- A notice that was given up and sent after all counts as sent.
       and (state = 'pending' or state = 'failed' and $4 = 'sent')
     returning state
   ), resolved as (
     update dead_letters set state = 'resolved', resolution = 'the notice was ' || $4, updated_at = now()
     where order_id = $1 and kind = 'notice' and subject = $6 and state in ('open', 'redriving')
       and exists (select from settled)
   )
   select state from settled`,
);

async function settle(
  database: Database,
  ref: NoticeRef,
  outcome: Extract<NotifyOutcome, { kind: 'sent' | 'skipped' }>,
): Promise<NoticeState> {
  const error = outcome.kind === 'sent' ? null : outcome.reason;
  const values = [ref.orderId, ref.seq, ref.channel, outcome.kind, error, noticeSubject(ref)];
  const [row] = await settleStatement(database, values);
  return row?.state ?? stateOf(database.kysely, ref);
}

async function reject(tx: Tx, ref: NoticeRef, errorClass: string): Promise<NoticeState> {
  const settled = await tx
    .updateTable('notices')
    .set({ state: 'failed', last_error: errorClass, watch_at: null, updated_at: sql<Date>`now()` })
    .where(isRef(ref))
    .where('state', '=', 'pending')
    .returning(['state', 'attempts'])
    .executeTakeFirst();
  if (settled === undefined) return stateOf(tx, ref);
  await openDeadLetter(tx, {
    orderId: ref.orderId,
    kind: 'notice',
    step: 'notify',
    errorClass,
    lastError: errorClass,
    attempts: settled.attempts,
    subject: noticeSubject(ref),
  });
  return settled.state;
}

async function stateOf(kysely: Database['kysely'], ref: NoticeRef): Promise<NoticeState> {
  const { state } = await kysely.selectFrom('notices').select('state').where(isRef(ref)).executeTakeFirstOrThrow();
  return state;
}

function isRef({ orderId, seq, channel }: NoticeRef) {
  return sql<boolean>`(order_id = ${orderId} and seq = ${seq} and channel = ${channel})`;
}
