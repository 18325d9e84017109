import { sql } from 'kysely';
import type { ChargePlace } from '../../../activities/payments.js';
import type { DueRefund } from '../../../activities/refunds.js';
import { isUndoRefundId, undoRefundId, undoRefundKey } from '../../../domain/ids.js';
import { isBeingPaid, isPaid, type OrderStatus } from '../../../domain/order.js';
import { resolveDeadLetters } from '../dead-letters/dead-letter-store.js';
import type { Tx } from '../pool.js';
import { placeOf } from './attempts.js';
import { claimedMinor, dueOf, type Refund } from './refund-row.js';

/** A capture that has to be refunded completely. */
export interface UnwantedCapture {
  orderId: string;
  attempt: number;
  capturedMinor: number;
  currency: string;
  at: ChargePlace;
}

/** The captures of an order that have to be refunded: only strays, while the order is paid. */
export async function unwantedCaptures(tx: Tx, orderId: string, status: OrderStatus): Promise<UnwantedCapture[]> {
  // A charge in progress could still confirm the order. Otherwise, every capture must be refunded.
  if (isBeingPaid(status)) return [];
  const captured = await tx
    .selectFrom('payment_attempts as a')
    .select(['a.attempt', 'a.captured_minor', 'a.captured_currency', 'a.gateway', 'a.charge_id'])
    .where('a.order_id', '=', orderId)
    .where('a.state', '=', 'captured')
    .$if(isPaid(status), (query) =>
      query.where(({ not, exists, selectFrom }) =>
        not(
          exists(
            selectFrom('payments as p')
              .select('p.order_id')
              .whereRef('p.order_id', '=', 'a.order_id')
              .whereRef('p.attempt', '=', 'a.attempt'),
          ),
        ),
      ),
    )
    .orderBy('a.attempt')
    .execute();
  return captured.flatMap(({ attempt, captured_minor, captured_currency, ...place }) =>
    captured_minor === null || captured_currency === null
      ? []
      : [{ orderId, attempt, capturedMinor: captured_minor, currency: captured_currency, at: placeOf(place) }],
  );
}

/** Records, once, a refund of what no other refund of the capture returns; returns all refunds that are not done. */
export async function undoCapture(tx: Tx, capture: UnwantedCapture): Promise<DueRefund[]> {
  const { orderId, attempt, capturedMinor } = capture;
  const refunds = await tx
    .selectFrom('refunds')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('attempt', '=', attempt)
    .orderBy('created_at')
    .execute();
  const undo = refunds.find(({ refund_id }) => isUndoRefundId(refund_id));
  const left = capturedMinor - claimedMinor(refunds);
  if (undo === undefined && left > 0) refunds.push(await insertUndo(tx, capture, left));
  const stillLeft = undo === undefined ? 0 : left;

  const due: DueRefund[] = [];
  for (const refund of refunds) {
    if (refund.state === 'pending' || refund.state === 'unknown') {
      due.push(dueOf(refund, capture.at));
    } else if (refund.state === 'failed') {
      // When a refused undo is redriven, it also takes over what other refunds failed to return.
      const isTakenAlong = refund !== undo && undo?.state === 'failed';
      if (stillLeft > 0 && !isTakenAlong) due.push({ state: 'refused', code: refund.last_error ?? 'refused' });
      else await supersede(tx, refund);
    }
  }
  return due;
}

/** A failed refund whose money is returned another way no longer needs a person. */
export async function supersede(tx: Tx, { order_id, refund_id }: Refund): Promise<void> {
  const resolution = 'superseded: another refund gives this money back';
  await resolveDeadLetters(tx, order_id, ['refund'], resolution, { subject: refund_id });
}

/** On whose behalf a cancel refunds. */
function whoCancelled(orderId: string) {
  return sql<string | null>`(
    select c.actor from cancel_requests c join orders o on o.order_id = c.order_id and o.cancel_reason = c.reason
    where c.order_id = ${orderId} and o.status in ('cancelling', 'cancelled'))`;
}

async function insertUndo(tx: Tx, capture: UnwantedCapture, amountMinor: number): Promise<Refund> {
  const { orderId, attempt, currency } = capture;
  return tx
    .insertInto('refunds')
    .values({
      idempotency_key: undoRefundKey(orderId, attempt),
      refund_id: undoRefundId(orderId, attempt),
      order_id: orderId,
      attempt,
      amount_minor: amountMinor,
      currency,
      state: 'pending',
      reason: 'the order was undone',
      actor: whoCancelled(orderId),
    })
    .returningAll()
    .executeTakeFirstOrThrow();
}
