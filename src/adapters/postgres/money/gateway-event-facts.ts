// SQL about one event, as columns `type`, `charge_key` and `refund_key` of the row `e`: each look uses an index.

/** The database shows what the event says already. A capture that confirmed nothing has to be refunded in full first. */
export const TELLS_NOTHING_NEW = `case e.type
  when 'charge.captured' then exists (
    select from payment_attempts a
    where a.idempotency_key = e.charge_key and a.state = 'captured'
      and (exists (select from payments p where p.order_id = a.order_id and p.attempt = a.attempt)
        or a.captured_minor = (select sum(r.amount_minor) from refunds r
                               where r.order_id = a.order_id and r.attempt = a.attempt and r.state = 'succeeded')))
  when 'charge.declined' then exists (
    select from payment_attempts a where a.idempotency_key = e.charge_key and a.state = 'declined')
  when 'refund.succeeded' then exists (
    select from refunds r where r.idempotency_key = e.refund_key and r.state = 'succeeded')
  when 'refund.failed' then exists (
    select from refunds r where r.idempotency_key = e.refund_key and r.state = 'failed')
  else false end`;

/** Our own call about it has ended, and the order is at rest: nothing is about to record what the event says. */
export const IS_LOOKED_AT_NOW = `case
  when e.refund_key is not null then exists (
    select from refunds r where r.idempotency_key = e.refund_key and r.state <> 'pending')
  else exists (
    select from payment_attempts a join orders o using (order_id)
    where a.idempotency_key = e.charge_key and a.state in ('unknown', 'declined', 'not_charged')
      and o.status <> 'reserved' and o.updated_at < now() - interval '3 seconds')
  end`;
