import { sql, type Selectable } from 'kysely';
import type { ChargePlace, GatewayRefund } from '../../../activities/payments.js';
import type { DueRefund } from '../../../activities/refunds.js';
import { chargeKey, isUndoRefundId, undoRefundKey } from '../../../domain/ids.js';
import { REFUND_TRANSITIONS, type RefundState } from '../../../domain/payment-states.js';
import { forgetEvidence } from '../dead-letters/evidence.js';
import { lockOrder } from '../order-lock.js';
import type { Tx } from '../pool.js';
import type { Tables } from '../tables.js';

export type Refund = Selectable<Tables['refunds']>;

/** The idempotency key of one try at a requested refund. A new number only after a definite failure. */
export function refundKey(orderId: string, refundId: string, number: number): string {
  return `${orderId}:refund:${refundId}:${number}`;
}

/** The key of a refund's `number`-th try. The first try of an undo has a key that depends only on its charge. */
export function keyOfTry(refund: Pick<Refund, 'order_id' | 'refund_id' | 'attempt'>, number: number): string {
  return number === 1 && isUndoRefundId(refund.refund_id)
    ? undoRefundKey(refund.order_id, refund.attempt)
    : refundKey(refund.order_id, refund.refund_id, number);
}

/** The gateway request of a refund, under its current key. */
export function requestOf(refund: Refund): GatewayRefund {
  return {
    key: refund.idempotency_key,
    chargeKey: chargeKey(refund.order_id, refund.attempt),
    orderId: refund.order_id,
    amountMinor: refund.amount_minor,
    currency: refund.currency,
  };
}

/**
 * Locks the order of the refund that has this key, or had it before a redrive.
 * @returns undefined if no refund ever had it
 */
export async function lockRefund(tx: Tx, key: string): Promise<Refund | undefined> {
  // Every key begins with its order's id, which has no colon.
  const [orderId = ''] = key.split(':', 1);
  await lockOrder(tx, orderId);
  const refunds = await tx.selectFrom('refunds').selectAll().where('order_id', '=', orderId).execute();
  return refunds.find((refund) => {
    const tries = Array.from({ length: refund.number }, (_, before) => keyOfTry(refund, before + 1));
    return tries.includes(key);
  });
}

/** What has to be done about a refund that is pending or unknown. */
export function dueOf(refund: Refund, at: ChargePlace): DueRefund {
  const isLookedUp = refund.state === 'unknown' && refund.looked_up;
  return { state: isLookedUp ? 'unknown' : 'due', request: requestOf(refund), at };
}

/** How much of a captured amount no refund has returned or may still return. The order must be locked. */
export async function leftToRefund(tx: Tx, orderId: string, attempt: number, capturedMinor: number): Promise<number> {
  const refunds = await tx
    .selectFrom('refunds')
    .select(['amount_minor', 'state'])
    .where('order_id', '=', orderId)
    .where('attempt', '=', attempt)
    .execute();
  return capturedMinor - claimedMinor(refunds);
}

/** The sum of the refunds that have not failed. */
export function claimedMinor(refunds: readonly Pick<Refund, 'amount_minor' | 'state'>[]): number {
  return refunds.reduce((sum, { amount_minor, state }) => sum + (state === 'failed' ? 0 : amount_minor), 0);
}

export type RefundChange = Partial<
  Pick<
    Refund,
    | 'idempotency_key'
    | 'number'
    | 'amount_minor'
    | 'reference'
    | 'last_error'
    | 'taken_back'
    | 'tries'
    | 'looked_up'
    | 'send_by'
  >
>;

/** Changes the state of a refund of a locked order, if the transition table allows it. @returns whether it changed */
export async function moveRefund(tx: Tx, refund: Refund, to: RefundState, change: RefundChange = {}): Promise<boolean> {
  if (!(REFUND_TRANSITIONS[refund.state] as readonly RefundState[]).includes(to)) return false;
  if (to === 'failed' || to === 'pending') await forgetEvidence(tx, refund.order_id, refund.refund_id);
  await changeRefund(tx, refund, { ...change, state: to });
  return true;
}

export async function changeRefund(
  tx: Tx,
  { refund_id }: Refund,
  change: RefundChange & { state?: RefundState },
): Promise<void> {
  await tx
    .updateTable('refunds')
    .set({ ...change, updated_at: sql<Date>`now()` })
    .where('refund_id', '=', refund_id)
    .execute();
}
