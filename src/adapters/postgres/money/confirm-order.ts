import type { Actor } from '../../../domain/actor.js';
import type { GatewayCall } from '../../../activities/gateway-calls.js';
import type { Captured } from '../../../activities/payments.js';
import { RUN_LETTERS } from '../../../domain/dead-letter.js';
import { BEING_PAID, isBeingPaid, isPaid, type OrderRun, type OrderStatus } from '../../../domain/order.js';
import type { ChargeOutcome } from '../../../domain/outcomes.js';
import { holdAgain } from '../orders/re-reserve.js';
import { actorJson } from '../actors.js';
import { prepared, type Database } from '../pool.js';
import { listed } from '../sql-list.js';

interface CaptureRow {
  status: OrderStatus;
  owner: string;
  total_minor: number;
  currency: string;
  cancel_reason: string | null;
}

// Money, order, reservation, stock and event in one transaction: no committed state shows settled money without its
// confirmed order. A capture that comes too late, has the wrong amount, or belongs to an order
// whose cancel was accepted only updates its attempt: the order is not confirmed, and its undo begins.
const captureStatement = prepared<CaptureRow>(
  'capture',
  `with found as materialized (
     select o.status, o.owner, o.total_minor, o.currency, coalesce(o.cancel_reason, c.reason, 'cancelled') as cancel_reason,
            o.cancel_requested or c.order_id is not null as is_cancelled, c.actor
     from orders o left join cancel_requests c using (order_id) where o.order_id = $1 for update of o
   ), settled as (
     update payment_attempts set state = 'captured', reference = $4, captured_minor = $5, captured_currency = $6,
            updated_at = now()
     where order_id = $1 and attempt = $3 and (select count(*) from found) = 1
     returning attempt
   ), held as materialized (
     select r.sku, r.quantity
     from reservations r join stock s on s.sku = r.sku, found
     where r.order_id = $1 and r.state = 'active' and found.status = any($7)
     order by r.sku for update of s
   ), confirmed as (
     update orders o set status = 'confirmed', version = o.version + 1, updated_at = now(),
            settled_at = coalesce(o.settled_at, now())
     from found
     where o.order_id = $1 and found.owner = $2 and found.status = any($7)
       and found.total_minor = $5::bigint and found.currency = $6 and not found.is_cancelled
       and (select count(*) from settled) = 1
       and (select count(*) from held) = (select count(*) from order_lines where order_id = $1)
     returning o.status, o.version
   ), cancelling as (
     update orders o set status = 'cancelling', version = o.version + 1, updated_at = now(),
            cancel_requested = true, cancel_reason = found.cancel_reason
     from found
     where o.order_id = $1 and found.owner = $2 and found.status = any($7) and found.is_cancelled
       and (select count(*) from settled) = 1
     returning o.status, o.version
   ), paid as (
     insert into payments (order_id, attempt, amount_minor, currency, reference)
     select $1, $3, $5, $6, $4 from confirmed
     on conflict do nothing
   ), sold as (
     update stock s set on_hand = s.on_hand - held.quantity, reserved = s.reserved - held.quantity
     from held, confirmed where s.sku = held.sku
   ), committed as (
     update reservations r set state = 'committed', updated_at = now()
     from confirmed where r.order_id = $1 and r.state = 'active'
   ), moved as (
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     select sku, $1, 'commit', -quantity, -quantity from held, confirmed
   ), known as (
     update dead_letters set state = 'resolved', resolution = 'the charge was captured', updated_at = now()
     where order_id = $1 and state in ('open', 'redriving')
       and (kind = 'payment_unknown' or kind in ${listed(RUN_LETTERS)} and exists (select from confirmed))
   ), called as (
     insert into gateway_calls (order_id, idempotency_key, operation, outcome, latency_ms)
     select $1, idempotency_key, 'charge', 'captured', $8 from payment_attempts
     where order_id = $1 and attempt = $3 and $8::integer is not null
   ), told as (
     insert into order_events (order_id, seq, type, actor)
     select $1, version, 'order.confirmed', $9::jsonb from confirmed
     union all
     select $1, version, 'order.cancelling', found.actor from cancelling, found
   )
   select coalesce(confirmed.status, cancelling.status, found.status) as status, found.owner, found.total_minor,
          found.currency, found.cancel_reason
   from found left join confirmed on true left join cancelling on true`,
);

/** The source of the capture: a gateway call or a person's evidence. */
type CaptureSource = Partial<GatewayCall> & { actor?: Actor | null };

/**
 * Records that money was captured, and confirms the order if it may still be confirmed; an order whose cancel was
 * accepted becomes `cancelling` instead. Stock that was lost in the meantime is reserved again if available.
 */
export async function capture(
  database: Database,
  { orderId, owner }: OrderRun,
  attempt: number,
  captured: Captured,
  { latencyMs, actor = null }: CaptureSource = {},
): Promise<ChargeOutcome> {
  const { reference, amountMinor, currency } = captured;
  const values = [orderId, owner, attempt, reference, amountMinor, currency, BEING_PAID];
  const write = async (callMs: number | null): Promise<CaptureRow> => {
    const [row] = await captureStatement(database, [...values, callMs, actorJson(actor)]);
    if (row === undefined) throw new Error(`order ${orderId} has no row`);
    return row;
  };

  const row = await write(latencyMs ?? null);
  const outcome = outcomeOf(row, captured, owner);
  if (outcome.kind !== 'unreserved') return outcome;
  // Even if nothing had to be reserved: this statement may have seen the reservations from before it waited for the
  // lock.
  await holdAgain(database, orderId);
  return outcomeOf(await write(null), captured, owner);
}

function outcomeOf(row: CaptureRow, captured: Captured, owner: string): ChargeOutcome {
  if (isPaid(row.status)) return { kind: 'confirmed' };
  if (row.status === 'cancelling' && row.owner === owner) {
    return { kind: 'undoing', ending: { status: 'cancelled', reason: row.cancel_reason ?? 'cancelled' } };
  }
  if (row.total_minor !== captured.amountMinor || row.currency !== captured.currency) {
    return { kind: 'mismatch', capturedMinor: captured.amountMinor, currency: captured.currency };
  }
  return row.owner === owner && isBeingPaid(row.status) ? { kind: 'unreserved' } : { kind: 'superseded' };
}
