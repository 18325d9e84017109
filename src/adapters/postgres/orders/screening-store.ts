import { sql } from 'kysely';
import type { ScreeningStore, Verdict } from '../../../activities/screening.js';
import type { Actor } from '../../../domain/actor.js';
import type { Failure } from '../../../domain/failure.js';
import type { OrderRun, OrderStatus } from '../../../domain/order.js';
import type { ReviewDecision, ReviewOutcome, ScreenOutcome } from '../../../domain/outcomes.js';
import { moveOrder } from './move-order.js';
import { endingOf, placeOrder, placeOrderInTurn } from './order-row.js';
import { addToTrail } from './add-event.js';
import { prepared, type Database, type Tx } from '../pool.js';
import type { StoredReview } from '../tables.js';

// The usual verdict, for an order without one, in one round trip. Anything else takes the slow path.
const allow = prepared(
  'screening-allow',
  `update orders set screening = '{"verdict":"allow"}', updated_at = now()
   where order_id = $1 and owner = $2 and status = 'pending' and screening is null
   returning order_id`,
);

export function createScreeningStore(database: Database): ScreeningStore {
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => database.kysely.transaction().execute(work);

  return {
    place: (order, owner) => placeOrderInTurn(database, order, owner),

    async screened(order, owner, verdict, reviewDeadlineMs) {
      const run = { orderId: order.orderId, owner };
      if (verdict.verdict === 'allow') {
        const [allowed] = await allow(database, [order.orderId, owner]);
        if (allowed !== undefined) return { kind: 'allow' };
      }
      await placeOrder(database, order, owner);
      return inTransaction((tx) => storeVerdict(tx, run, verdict, reviewDeadlineMs));
    },

    reviewOrder: (run, decision, actor) => inTransaction((tx) => decide(tx, run, decision, actor)),
  };
}

interface ScreenedOrder {
  owner: string;
  status: OrderStatus;
  screening: Verdict | null;
  review: StoredReview | null;
  failure: Failure | null;
  cancel_reason: string | null;
}

async function lockScreened(tx: Tx, orderId: string): Promise<ScreenedOrder> {
  return tx
    .selectFrom('orders')
    .select(['owner', 'status', 'screening', 'review', 'failure', 'cancel_reason'])
    .where('order_id', '=', orderId)
    .forUpdate()
    .executeTakeFirstOrThrow();
}

async function storeVerdict(
  tx: Tx,
  { orderId, owner }: OrderRun,
  verdict: Verdict,
  reviewDeadlineMs: number,
): Promise<ScreenOutcome> {
  const order = await lockScreened(tx, orderId);
  if (order.owner !== owner) return { kind: 'superseded' };
  const { status, screening, review } = order;
  const ending = endingOf(order);
  if (ending !== undefined) return { kind: 'undoing', ending };
  if (screening === null && status !== 'pending') return { kind: 'superseded' };

  if (screening === null) {
    await tx
      .updateTable('orders')
      .set({ screening: JSON.stringify(verdict), updated_at: sql<Date>`now()` })
      .where('order_id', '=', orderId)
      .execute();
  }
  const stored = screening ?? verdict;
  if (stored.verdict !== 'review') return outcomeOf(stored);
  if (review !== null) return review.decision === 'approve' ? { kind: 'allow' } : turnedDown(review);
  if (status === 'pending') await holdForReview(tx, orderId, stored, reviewDeadlineMs);
  return status === 'pending' || status === 'in_review' ? outcomeOf(stored) : { kind: 'superseded' };
}

async function holdForReview(tx: Tx, orderId: string, verdict: Verdict, deadlineMs: number): Promise<void> {
  await moveOrder(tx, orderId, { to: 'in_review', event: 'order.in_review', data: { ...verdict } });
  await tx
    .updateTable('orders')
    .set({ review_by: sql<Date>`now() + ${deadlineMs}::float8 * interval '1 ms'` })
    .where('order_id', '=', orderId)
    .execute();
}

function turnedDown({ decision }: StoredReview): ScreenOutcome {
  const detail = decision === 'expired' ? 'the review was not decided in time' : 'rejected in review';
  return { kind: 'reject', detail };
}

function outcomeOf(verdict: Verdict): ScreenOutcome {
  return verdict.verdict === 'allow' ? { kind: 'allow' } : { kind: verdict.verdict, detail: verdict.detail };
}

async function decide(
  tx: Tx,
  { orderId, owner }: OrderRun,
  decision: ReviewDecision | 'expired',
  actor: Actor | undefined,
): Promise<ReviewOutcome> {
  const order = await lockScreened(tx, orderId);
  if (order.owner !== owner) return { kind: 'not_in_review', status: order.status };
  if (order.review !== null) {
    const same = order.review.decision === decision;
    return same ? { kind: 'decided' } : { kind: 'opposite', decision: order.review.decision };
  }
  if (order.status !== 'in_review') return { kind: 'not_in_review', status: order.status };

  await tx
    .updateTable('orders')
    .set({ review: sql<string>`jsonb_build_object('decision', ${decision}::text, 'at', now())` })
    .where('order_id', '=', orderId)
    .execute();
  if (decision === 'approve') await moveOrder(tx, orderId, { to: 'pending', event: 'review.approved', actor });
  else await addToTrail(tx, orderId, decision === 'reject' ? 'review.rejected' : 'review.expired', {}, actor);
  return { kind: 'decided' };
}
