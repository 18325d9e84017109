import { sql } from 'kysely';
import { isSettled, statusesBefore, type OrderStatus } from '../../../domain/order.js';
import { actorIn, type EventActor } from '../actors.js';
import type { Tx } from '../pool.js';

export interface Move {
  to: OrderStatus;
  event: string;
  data?: Record<string, unknown>;
  actor?: EventActor;
  set?: { owner?: string; failure?: string | null; cancel_reason?: string; cancel_requested?: boolean };
}

/**
 * Changes the status of a locked order, with its event, if the transition table allows it.
 * @returns whether it changed
 */
export async function moveOrder(
  tx: Tx,
  orderId: string,
  { to, event, data = {}, actor, set = {} }: Move,
): Promise<boolean> {
  const moved = await tx
    .updateTable('orders')
    .set({ ...set, status: to, version: sql<number>`version + 1`, updated_at: sql<Date>`now()` })
    .$if(isSettled(to), (query) => query.set({ settled_at: sql<Date>`coalesce(settled_at, now())` }))
    .where('order_id', '=', orderId)
    .where('status', 'in', statusesBefore(to))
    .returning('version')
    .executeTakeFirst();
  if (moved === undefined) return false;
  await tx
    .insertInto('order_events')
    .values({ order_id: orderId, seq: moved.version, type: event, data: JSON.stringify(data), actor: actorIn(actor) })
    .execute();
  return true;
}
