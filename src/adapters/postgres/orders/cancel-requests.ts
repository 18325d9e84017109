import { sql, type RawBuilder } from 'kysely';
import type { Actor } from '../../../domain/actor.js';
import { isCancellable, isSettled, type Undone } from '../../../domain/order.js';
import type { CancelDecision } from '../../../domain/outcomes.js';
import { actorJson } from '../actors.js';
import type { Database, Tx } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { lockOrder, type LockedOrder } from '../order-lock.js';

export interface CancelRequest {
  orderId: string;
  reason: string;
  actor?: Actor;
}

/** Accepted cancels, for the API. */
export function createCancelStore(database: Database) {
  return {
    accept: (request: CancelRequest): Promise<CancelDecision> => orUnavailable(acceptCancel(database, request)),
  };
}

/**
 * Stores a cancel if the order can still be cancelled. The steps that could confirm the order read it, whether or not
 * the order's workflow receives the signal.
 *
 * A statement that locks the order's row sees other tables as they were before it waited for the lock. So the request
 * is noted in the row too, which such a statement sees in its newest version. If there is no row yet, the request is
 * committed first and the row is looked for again: a row that is still not found becomes visible after the request, so
 * every statement that sees the row also sees the request.
 */
export async function acceptCancel({ kysely }: Database, request: CancelRequest): Promise<CancelDecision> {
  const first = await kysely.transaction().execute((tx) => keep(tx, request));
  if (first.decision.kind === 'refused' || first.decision.status !== null) return first.decision;
  return kysely.transaction().execute(async (tx) => {
    const { decision } = await keep(tx, request);
    if (decision.kind === 'refused' && first.isNew) {
      await tx.deleteFrom('cancel_requests').where('order_id', '=', request.orderId).execute();
    }
    return decision;
  });
}

/** How a locked order must end if a cancel of it was accepted. */
export async function requestedCancel(tx: Tx, orderId: string, order: LockedOrder): Promise<Undone | undefined> {
  const reason = (await acceptedReason(tx, orderId)) ?? notedReason(order);
  return reason === undefined ? undefined : { status: 'cancelled', reason };
}

/** Rows from before this table existed have only the note. It counts while there is no answer. */
function notedReason({ status, cancel_requested, cancel_reason }: LockedOrder): string | undefined {
  return cancel_requested && !isSettled(status) ? (cancel_reason ?? 'cancelled') : undefined;
}

async function keep(
  tx: Tx,
  { orderId, reason, actor }: CancelRequest,
): Promise<{ decision: CancelDecision; isNew: boolean }> {
  const order = await lockOrder(tx, orderId);
  if (order !== undefined && (!isCancellable(order.status) || order.shipping)) {
    return { decision: { kind: 'refused', status: order.status }, isNew: false };
  }
  const inserted = await tx
    .insertInto('cancel_requests')
    .values({ order_id: orderId, reason, actor: actorJson(actor) })
    .onConflict((conflict) => conflict.doNothing())
    .returning('reason')
    .executeTakeFirst();
  const kept = inserted?.reason ?? (await acceptedReason(tx, orderId)) ?? reason;
  if (order !== undefined) {
    await tx
      .updateTable('orders')
      .set({ cancel_requested: true, cancel_reason: kept, updated_at: sql<Date>`now()` })
      .where('order_id', '=', orderId)
      .where('cancel_requested', '=', false)
      .execute();
  }
  const decision: CancelDecision = { kind: 'accepted', reason: kept, status: order?.status ?? null };
  return { decision, isNew: inserted !== undefined };
}

/** On whose behalf an order is cancelled for this reason: the first to request it; null for Temporal's own cancel. */
export function cancelledBy(orderId: string, reason: string): RawBuilder<string | null> {
  return sql`(select actor from cancel_requests where order_id = ${orderId} and reason = ${reason})`;
}

/** The reason of this order's accepted cancel, if there is one. */
export async function acceptedReason(db: Pick<Tx, 'selectFrom'>, orderId: string): Promise<string | undefined> {
  const request = db.selectFrom('cancel_requests').select('reason').where('order_id', '=', orderId);
  return (await request.executeTakeFirst())?.reason;
}
