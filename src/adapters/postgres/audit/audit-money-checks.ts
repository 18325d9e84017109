import { PAID, SETTLED } from '../../../domain/order.js';
import { listed } from '../sql-list.js';
import type { SqlCheck } from './sql-check.js';
import { told } from './has-dead-letter.js';

// Dead letters that the refund of a capture may be waiting for.
const TOLD_OF_CAPTURE = told(
  'c.order_id',
  `d.kind in ('payment_unknown', 'compensation') and d.subject = '' or d.kind = 'refund' and d.subject in (
              select r.refund_id from refunds r where r.order_id = c.order_id and r.attempt = c.attempt)`,
);

export const MONEY_CHECKS: readonly SqlCheck[] = [
  {
    name: 'one-charge-is-kept',
    invariant: 'I1',
    isRecoverable: true,
    isTended: true,
    sql: `select o.order_id, 'attempt ' || c.attempt as about,
                 format('attempt %s took %s %s on top of the payment, and it was not sent back',
                        c.attempt, c.captured_minor - c.refunded_minor, c.captured_currency) as detail,
                 ${TOLD_OF_CAPTURE} as unless_running
          from orders o join payments p using (order_id) join captures c using (order_id), ago
          where o.status in ${listed(PAID)} and c.attempt <> p.attempt
            and c.captured_minor - c.refunded_minor > c.refused_minor and c.updated_at < ago.margin`,
  },
  {
    name: 'refunds-stay-within-captures',
    invariant: 'I2',
    isRecoverable: false,
    sql: `select r.order_id, 'attempt ' || r.attempt as about,
                 format('refunds of %s are more than the %s that attempt %s took',
                        sum(r.amount_minor), coalesce(max(c.captured_minor), 0), r.attempt) as detail
          from refunds r left join captures c using (order_id, attempt)
          where r.state <> 'failed'
          group by r.order_id, r.attempt
          having sum(r.amount_minor) > coalesce(max(c.captured_minor), 0)`,
  },
  {
    name: 'captured-money-has-an-order',
    invariant: 'I3',
    isRecoverable: true,
    isTended: true,
    sql: `select o.order_id, 'attempt ' || c.attempt as about,
                 format('%s %s were taken, were not sent back, and the order is %s',
                        c.captured_minor - c.refunded_minor, c.captured_currency, o.status) as detail,
                 ${TOLD_OF_CAPTURE} as unless_running
          from orders o join captures c using (order_id), ago
          where o.status in ('pending', 'in_review', 'reserved', 'payment_unknown', 'failed')
            and c.captured_minor - c.refunded_minor > c.refused_minor and c.updated_at < ago.margin`,
  },
  {
    name: 'cancelled-orders-hold-no-money',
    invariant: 'I14',
    isRecoverable: true,
    isTended: true,
    sql: `select o.order_id, 'attempt ' || c.attempt as about,
                 format('the order is cancelled and %s %s of it were not sent back',
                        c.captured_minor - c.refunded_minor, c.captured_currency) as detail,
                 ${TOLD_OF_CAPTURE} as unless_running
          from orders o join captures c using (order_id), ago
          where o.status = 'cancelled' and c.captured_minor - c.refunded_minor > c.refused_minor and c.updated_at < ago.margin`,
  },
  {
    name: 'confirmed-orders-are-paid',
    invariant: 'I4',
    isRecoverable: false,
    sql: `select o.order_id, '' as about,
                 format('the order is %s, its total is %s %s and its payment %s', o.status, o.total_minor, o.currency,
                        coalesce(p.amount_minor || ' ' || p.currency, 'missing')) as detail
          from orders o left join payments p using (order_id)
          where o.status in ${listed(PAID)}
            and (p.amount_minor, p.currency) is distinct from (o.total_minor, o.currency)`,
  },
  {
    name: 'payments-are-captures',
    invariant: 'I4',
    isRecoverable: false,
    sql: `select p.order_id, '' as about,
                 format('the payment of %s %s is not what attempt %s took', p.amount_minor, p.currency, p.attempt) as detail
          from payments p left join payment_attempts a on a.order_id = p.order_id and a.attempt = p.attempt
            and a.state = 'captured'
          where (a.captured_minor, a.captured_currency, a.reference)
            is distinct from (p.amount_minor, p.currency, p.reference)`,
  },
  {
    name: 'payments-confirm-orders',
    invariant: 'I3',
    isRecoverable: false,
    sql: `select o.order_id, '' as about, format('a payment settled the order, and it is %s', o.status) as detail
          from orders o join payments p using (order_id)
          where o.status not in ${listed([...PAID, 'cancelling', 'cancelled'])}`,
  },
  {
    name: 'totals-are-the-lines',
    invariant: 'I4',
    isRecoverable: false,
    sql: `select o.order_id, '' as about,
                 format('the total is %s, the lines add up to %s and the adjustments to %s', o.total_minor,
                        coalesce(l.sum, 0), a.sum) as detail
          from orders o
          left join (select order_id, sum(quantity * unit_price_minor) from order_lines group by 1) l using (order_id)
          cross join lateral (
            select coalesce(sum((each ->> 'amountMinor')::bigint), 0) as sum
            from jsonb_array_elements(coalesce(o.adjustments, '[]')) as each
          ) a
          where o.total_minor <> coalesce(l.sum, 0) + a.sum`,
  },
  {
    name: 'charge-keys-name-their-order',
    invariant: 'I8',
    isRecoverable: false,
    sql: `select order_id, 'attempt ' || attempt as about,
                 format('attempt %s was sent under the key %s', attempt, idempotency_key) as detail
          from payment_attempts where idempotency_key <> order_id || ':charge:' || attempt`,
  },
  {
    name: 'settled-orders-know-their-charges',
    invariant: 'I3',
    isRecoverable: true,
    isTended: true,
    sql: `select o.order_id, 'attempt ' || a.attempt as about,
                 format('the order is %s, and the outcome of attempt %s is unknown', o.status, a.attempt) as detail,
                 ${told('o.order_id', `d.kind = 'payment_unknown'`)} as unless_running
          from orders o join payment_attempts a using (order_id), ago
          where o.status in ${listed(SETTLED)}
            and a.state in ('created', 'sent', 'unknown') and a.updated_at < ago.margin`,
  },
  {
    name: 'failed-refunds-have-a-letter',
    invariant: 'I14',
    isRecoverable: false,
    sql: `select r.order_id, r.refund_id as about,
                 format('refund %s of %s %s failed and has no dead letter', r.refund_id, r.amount_minor, r.currency) as detail
          from refunds r
          where r.state = 'failed' and not exists (
            select from dead_letters d
            where d.order_id = r.order_id and d.kind = 'refund' and d.subject = r.refund_id)`,
  },
];
