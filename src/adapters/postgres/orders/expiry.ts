import { sql } from 'kysely';
import type { OrderRun, Undone } from '../../../domain/order.js';
import type { Tx } from '../pool.js';

/**
 * Whether a locked order's reservation has expired: its time is over, this run has not begun to pay, and no charge of
 * another run is in progress, unknown or captured. Only this ends a reservation by time.
 */
export async function isPastItsTime(tx: Tx, { orderId, owner }: OrderRun): Promise<boolean> {
  const { rows } = await sql`
    select 1 from reservations r
    where r.order_id = ${orderId} and r.state = 'active' and r.expires_at < now()
      and not exists (
        select from payment_attempts a
        where a.order_id = r.order_id
          and (a.owner = ${owner} or a.doubtful or a.state in ('sent', 'unknown', 'captured')))
    limit 1`.execute(tx);
  return rows.length > 0;
}

/** How an order ends that is given up unpaid: as expired if its time to pay was over before anything was sent. */
export async function inTime(tx: Tx, run: OrderRun, ending: Undone): Promise<Undone> {
  const isUnpaid = ending.status === 'failed' && ending.failure.reason === 'payment_unavailable';
  if (!isUnpaid || !(await isPastItsTime(tx, run))) return ending;
  const detail = 'the time to pay was over before the order was paid';
  return { status: 'failed', failure: { step: 'charge', reason: 'expired', detail } };
}
