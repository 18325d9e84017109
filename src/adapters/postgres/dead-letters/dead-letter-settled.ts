import { sql } from 'kysely';
import type { DeadLetter } from '../../../domain/dead-letter.js';
import { isBeingUndone, isPaid, isSettled, type OrderStatus } from '../../../domain/order.js';
import type { Tx } from '../pool.js';

/**
 * What still depends on a dead letter, in words, or undefined if nothing does. The order must be
 * locked.
 */
export async function unsettledBy(
  tx: Tx,
  { kind, orderId, subject }: DeadLetter,
  status: OrderStatus | undefined,
): Promise<string | undefined> {
  switch (kind) {
    case 'payment_unknown':
      return 'It is not known yet whether this charge took money; a look-up or evidence settles it.';
    case 'refund':
      return (await refundIsOwed(tx, orderId, subject, status))
        ? 'This refund has not succeeded; redrive it, or give evidence that the money went back.'
        : undefined;
    case 'compensation':
      if (status !== undefined && isBeingUndone(status)) return `The order is still ${status}.`;
      return refundIsUnderWay(tx, orderId, subject);
    case 'books':
      // An audit finding may be about something that is not an order.
      return status === undefined ? undefined : orderIsOpen(tx, orderId, status);
    // Neither money nor stock depends on it.
    case 'notice':
      return undefined;
    case 'charge':
    case 'reserve':
    case 'run':
      return orderIsOpen(tx, orderId, status);
  }
}

/** A paid order may keep its payment: a refund of it that failed permanently may be given up. */
async function refundIsOwed(
  tx: Tx,
  orderId: string,
  subject: string,
  status: OrderStatus | undefined,
): Promise<boolean> {
  const isOfPaidOrder = status !== undefined && isPaid(status);
  const refunds = await tx
    .selectFrom('refunds as r')
    .leftJoin('payments as p', (join) =>
      join.onRef('p.order_id', '=', 'r.order_id').onRef('p.attempt', '=', 'r.attempt'),
    )
    .select(['r.refund_id', 'r.state', 'p.attempt as paid_by'])
    .where('r.order_id', '=', orderId)
    .execute();
  const named = refunds.filter(({ refund_id }) => refund_id === subject);
  return (named.length > 0 ? named : refunds).some(({ state, paid_by }) => {
    return state !== 'succeeded' && !(state === 'failed' && isOfPaidOrder && paid_by !== null);
  });
}

/** For a step of a requested refund: what it still has to achieve. */
async function refundIsUnderWay(tx: Tx, orderId: string, refundId: string): Promise<string | undefined> {
  const { rows } = await sql<{ state: string; sold: boolean }>`
    select r.state, r.restock and exists (
             select from reservations s where s.order_id = r.order_id and s.state = 'committed') as sold
    from refunds r where r.order_id = ${orderId} and r.refund_id = ${refundId}`.execute(tx);
  const [refund] = rows;
  if (refund?.state === 'pending' || refund?.state === 'unknown') return 'The refund of this step has not ended.';
  return refund?.state === 'succeeded' && refund.sold ? 'The stock of this refund is not back yet.' : undefined;
}

interface Standing {
  held: boolean;
  doubtful: boolean;
  kept_minor: number;
}

async function orderIsOpen(tx: Tx, orderId: string, status: OrderStatus | undefined): Promise<string | undefined> {
  if (status === undefined) return 'The order was accepted and has no row yet; redrive this dead letter.';
  if (!isSettled(status)) return `The order is ${status}; it has not ended.`;
  const { rows } = await sql<Standing>`
    select exists (select from reservations where order_id = ${orderId} and state = 'active') as held,
           exists (select from payment_attempts
                   where order_id = ${orderId} and state in ('created', 'sent', 'unknown')) as doubtful,
           (select coalesce(sum(captured_minor), 0)::bigint from payment_attempts a
            where order_id = ${orderId} and state = 'captured'
              -- A paid order may keep its payment.
              and not (${isPaid(status)}::boolean
                       and exists (select from payments p where p.order_id = a.order_id and p.attempt = a.attempt)))
           - (select coalesce(sum(amount_minor), 0)::bigint from refunds r
              where order_id = ${orderId} and state = 'succeeded'
                and not (${isPaid(status)}::boolean
                         and exists (select from payments p where p.order_id = r.order_id and p.attempt = r.attempt)))
           as kept_minor`.execute(tx);
  const [standing] = rows;
  if (standing === undefined) throw new Error('the standing of an order came back empty');
  if (standing.held) return 'Stock is still reserved for this order.';
  if (standing.doubtful) return 'A charge of this order has no known outcome yet.';
  return standing.kept_minor > 0 ? 'Money was taken for this order and is not refunded.' : undefined;
}
