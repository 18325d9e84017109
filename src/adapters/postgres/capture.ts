import type { Captured } from '../../activities/payments.js';
import { statusesBefore, type OrderRun, type OrderStatus } from '../../domain/order.js';
import type { ChargeOutcome } from '../../domain/outcomes.js';
import { prepared, type Database } from './pool.js';

interface CaptureRow {
  status: OrderStatus;
  total_minor: number;
  currency: string;
}

// Money, order, reservation, stock and event in one transaction: no committed state shows settled money without its
// confirmed order. A capture that comes too late, or is not what was agreed, stays on its attempt.
const captureStatement = prepared<CaptureRow>(
  'capture',
  `with found as materialized (
     select status, owner, total_minor, currency from orders where order_id = $1 for update
   ), settled as (
     update payment_attempts set state = 'captured', reference = $4, captured_minor = $5, captured_currency = $6,
            updated_at = now()
     where order_id = $1 and attempt = $3 and state <> 'captured' and (select count(*) from found) = 1
     returning attempt
   ), held as materialized (
     select r.sku, r.quantity
     from reservations r join stock s on s.sku = r.sku, found
     where r.order_id = $1 and r.state = 'active' and found.status = any($7)
     order by r.sku for update of s
   ), confirmed as (
     update orders o set status = 'confirmed', version = o.version + 1, updated_at = now()
     from found
     where o.order_id = $1 and found.owner = $2 and found.status = any($7)
       and found.total_minor = $5::bigint and found.currency = $6
       and (select count(*) from settled) = 1
       and (select count(*) from held) = (select count(*) from order_lines where order_id = $1)
     returning o.status, o.version
   ), paid as (
     insert into payments (order_id, attempt, amount_minor, currency, reference)
     select $1, $3, $5, $6, $4 from confirmed
   ), sold as (
     update stock s set on_hand = s.on_hand - held.quantity, reserved = s.reserved - held.quantity
     from held, confirmed where s.sku = held.sku
   ), committed as (
     update reservations r set state = 'committed', updated_at = now()
     from confirmed where r.order_id = $1 and r.state = 'active'
   ), moved as (
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     select sku, $1, 'commit', -quantity, -quantity from held, confirmed
   ), told as (
     insert into order_events (order_id, seq, type) select $1, version, 'order.confirmed' from confirmed
   )
   select coalesce(confirmed.status, found.status) as status, found.total_minor, found.currency
   from found left join confirmed on true`,
);

/** Writes down that money was taken, and confirms the order if it may still be confirmed. */
export async function capture(
  database: Database,
  { orderId, owner }: OrderRun,
  attempt: number,
  captured: Captured,
): Promise<ChargeOutcome> {
  const { reference, amountMinor, currency } = captured;
  const values = [orderId, owner, attempt, reference, amountMinor, currency, statusesBefore('confirmed')];
  const [row] = await captureStatement(database, values);
  if (row === undefined) throw new Error(`order ${orderId} has no row`);
  if (row.status === 'confirmed' || row.status === 'completed') return { kind: 'confirmed' };
  if (row.total_minor !== amountMinor || row.currency !== currency) {
    return { kind: 'mismatch', capturedMinor: amountMinor, currency };
  }
  return { kind: 'superseded' };
}
