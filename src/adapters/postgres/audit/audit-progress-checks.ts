import { BEING_UNDONE, CANCELLABLE, PAID } from '../../../domain/order.js';
import { listed } from '../sql-list.js';
import type { SqlCheck } from './sql-check.js';
import { told } from './has-dead-letter.js';

// Dead letters that a checkout or an undo may be waiting for.
const TOLD_OF_MONEY = told(
  'o.order_id',
  `d.kind in ('payment_unknown', 'refund') or d.kind = 'compensation' and d.subject = ''`,
);
// A refund that was not requested is sent by the undo of its order.
const TOLD_OF_REFUND = told(
  'r.order_id',
  `d.kind in ('refund', 'compensation') and d.subject = r.refund_id
              or d.kind = 'compensation' and d.subject = '' and r.fingerprint is null`,
);

const SINCE = `to_char(o.updated_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')`;

/** Nothing is stuck without a dead letter. A missing workflow is found, and fixed, by comparing the runs. */
export const PROGRESS_CHECKS: readonly SqlCheck[] = [
  {
    name: 'checkouts-end',
    invariant: 'I11',
    isRecoverable: false,
    sql: `select o.order_id, '' as about, format('the order is %s since %s', o.status, ${SINCE}) as detail
          from orders o, ago
          where o.status in ('pending', 'reserved') and o.updated_at < ago.checkout and not ${TOLD_OF_MONEY}`,
  },
  {
    name: 'reviews-end',
    invariant: 'I11',
    isRecoverable: false,
    sql: `select o.order_id, '' as about,
                 format('the order is in review, which %s', coalesce('was to end at ' ||
                        to_char(o.review_by at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), 'has no deadline')) as detail
          from orders o, ago
          where o.status = 'in_review' and coalesce(o.review_by, '-infinity') < ago.margin and o.updated_at < ago.margin`,
  },
  {
    name: 'undos-end',
    invariant: 'I11',
    isRecoverable: false,
    sql: `select o.order_id, '' as about, format('the order is %s since %s', o.status, ${SINCE}) as detail
          from orders o, ago
          where o.status in ${listed(BEING_UNDONE)} and o.updated_at < ago.undo and not ${TOLD_OF_MONEY}`,
  },
  {
    name: 'unknown-payments-have-a-letter',
    invariant: 'I11',
    isRecoverable: false,
    sql: `select o.order_id, '' as about, 'the outcome of the charge is unknown, and it has no dead letter' as detail
          from orders o, ago
          where o.status = 'payment_unknown' and o.updated_at < ago.margin
            and not exists (
              select from dead_letters d
              where d.order_id = o.order_id and d.kind = 'payment_unknown'
                and (d.state in ('open', 'redriving') or d.updated_at > ago.margin))`,
  },
  {
    name: 'cancels-are-carried-out',
    invariant: 'I14',
    isRecoverable: false,
    isCancel: true,
    sql: `select o.order_id, '' as about,
                 format('a cancel was accepted at %s, and the order is %s',
                        to_char(c.requested_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'), o.status) as detail
          from cancel_requests c join orders o using (order_id), ago
          where c.requested_at < ago.margin
            and o.status in ${listed(CANCELLABLE)}`,
  },
  {
    name: 'refunds-end',
    invariant: 'I11',
    isRecoverable: false,
    isResumable: true,
    isTended: true,
    sql: `select r.order_id, r.refund_id as about,
                 format('refund %s of %s %s is %s since %s', r.refund_id, r.amount_minor, r.currency, r.state,
                        to_char(r.created_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"')) as detail,
                 r.created_at >= ago.undo or ${TOLD_OF_REFUND} as unless_running
          from refunds r join orders o using (order_id), ago
          where r.state in ('pending', 'unknown') and (r.created_at < ago.undo or r.updated_at < ago.margin)
            and o.status not in ${listed(BEING_UNDONE)}`,
  },
  {
    name: 'refunds-restock',
    invariant: 'I11',
    isRecoverable: false,
    isResumable: true,
    isTended: true,
    sql: `select r.order_id, r.refund_id as about,
                 format('refund %s succeeded, and the goods that it was to put back are not on hand', r.refund_id) as detail,
                 ${TOLD_OF_REFUND} as unless_running
          from refunds r join orders o using (order_id), ago
          where r.state = 'succeeded' and r.restock and r.updated_at < ago.undo
            and o.status in ${listed(PAID)}
            and exists (select from reservations v where v.order_id = r.order_id and v.state = 'committed')`,
  },
  {
    name: 'redrives-end',
    invariant: 'I13',
    isRecoverable: false,
    sql: `select d.order_id, d.id as about,
                 format('dead letter %s (%s) was sent back through and is neither resolved nor open again', d.id, d.kind)
                   as detail
          from dead_letters d, ago
          where d.state = 'redriving' and d.updated_at < ago.redrive
            -- A notice is tried for days, and a relay sees to it that it is.
            and not (d.kind = 'notice' and exists (
              select from notices n
              where n.order_id = d.order_id and n.seq || ':' || n.channel = d.subject and n.state = 'pending'))`,
  },
  {
    name: 'outbox-is-drained',
    invariant: 'I20',
    isRecoverable: false,
    sql: `select b.order_id, 'event ' || b.seq as about,
                 format('event %s (%s) waits for %s to be handed on%s', b.seq, b.type,
                        date_trunc('second', now() - b.created_at), coalesce(': ' || b.last_error, '')) as detail
          from outbox b where b.created_at < now() - interval '10 minutes'`,
  },
];
