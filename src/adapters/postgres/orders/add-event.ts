import { sql } from 'kysely';
import { actorIn, type EventActor } from '../actors.js';
import type { Tx } from '../pool.js';

/** Adds an event to the timeline of a locked order without changing its status. */
export async function addToTrail(
  tx: Tx,
  orderId: string,
  type: string,
  data: Record<string, unknown>,
  actor?: EventActor,
): Promise<void> {
  const { version } = await tx
    .updateTable('orders')
    .set({ version: sql<number>`version + 1`, updated_at: sql<Date>`now()` })
    .where('order_id', '=', orderId)
    .returning('version')
    .executeTakeFirstOrThrow();
  await tx
    .insertInto('order_events')
    .values({ order_id: orderId, seq: version, type, data: JSON.stringify(data), actor: actorIn(actor) })
    .execute();
}
