import { sql } from 'kysely';
import type { RefundState } from '../../../domain/payment-states.js';
import type { Returns } from '../../../domain/returns.js';
import type { Tx } from '../pool.js';

/** What is known about the return of a locked order's goods. */
export async function returnsOf(tx: Tx, orderId: string): Promise<Returns> {
  const { rows } = await sql<{ are_back: boolean; state: RefundState | null; is_watched: boolean }>`
    select exists (select from reservations where order_id = ${orderId} and state = 'restocked') as are_back, r.state,
           exists (
             select from dead_letters d
             where d.order_id = ${orderId} and d.kind = 'refund' and d.subject = r.refund_id
               and d.state in ('open', 'redriving')) as is_watched
    from (select) as one left join refunds r on r.order_id = ${orderId} and r.restock`.execute(tx);
  return {
    areBack: rows.some(({ are_back }) => are_back),
    refunds: rows.flatMap(({ state, is_watched: isWatched }) => (state === null ? [] : { state, isWatched })),
  };
}

/**
 * The goods of a locked order are shipped: refunds that were given up no longer return them, even if they succeed late.
 */
export async function forgetReturns(tx: Tx, orderId: string): Promise<void> {
  await tx
    .updateTable('refunds')
    .set({ restock: false, updated_at: sql<Date>`now()` })
    .where('order_id', '=', orderId)
    .where('restock', '=', true)
    .execute();
}
