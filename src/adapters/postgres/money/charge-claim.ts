import { sql } from 'kysely';
import type { Claim } from '../../../activities/payments.js';
import { chargeKeyPrefix } from '../../../domain/ids.js';
import type { OrderRun } from '../../../domain/order.js';
import { outcomeOf, ownAttempt } from './attempts.js';
import { requestedCancel } from '../orders/cancel-requests.js';
import { isPastItsTime } from '../orders/expiry.js';
import { lockOrder } from '../order-lock.js';
import { prepared, type Database, type Tx } from '../pool.js';

interface ClaimRow {
  attempt: number;
  idempotency_key: string;
  amount_minor: number;
  currency: string;
  payment_method: string;
  gateway: string;
  charge_id: string | null;
}

/** Charges by payment methods that begin so are made at this gateway; the first that fits counts. */
export interface GatewayRoute {
  prefix: string;
  gateway: string;
}

// The claim of a first try: one statement, which refuses if anything is unusual.
const firstClaim = prepared<ClaimRow>(
  'first-claim',
  `with payable as materialized (
     select total_minor, currency, payment_method from orders
     where order_id = $1 and owner = $2 and status = 'reserved'
       and not cancel_requested and not exists (select from cancel_requests where order_id = $1)
       and not exists (select from reservations where order_id = $1 and state = 'active' and expires_at < now())
     for update
   ), known as materialized (
     -- As they are now, not as they were before this statement waited for the order's row.
     select * from payment_attempts where order_id = $1 and (select count(*) from payable) = 1 for update
   ), intent as (
     insert into payment_attempts
       (order_id, attempt, owner, idempotency_key, amount_minor, currency, state, tries, send_by, gateway)
     select $1, next.attempt, $2, $3 || next.attempt, total_minor, currency, 'sent', 1, now() + $4 * interval '1 ms',
            coalesce(next.gateway, (
              select r.gateway from unnest($5::text[], $6::text[]) with ordinality as r(prefix, gateway, place)
              where starts_with(payment_method, r.prefix) order by r.place limit 1))
     from payable, lateral (
       select coalesce(max(attempt), 0) + 1 as attempt,
              -- An order keeps its gateway.
              (array_agg(a.gateway order by attempt))[1] as gateway,
              bool_or(owner = $2 or state in ('created', 'sent', 'unknown')
                      or state = 'captured' and captured_minor > (
                        select coalesce(sum(r.amount_minor), 0) from refunds r
                        where r.order_id = $1 and r.attempt = a.attempt and r.state = 'succeeded')) as busy
       from known a
     ) as next
     where busy is not true
     on conflict do nothing
     returning attempt, idempotency_key, amount_minor, currency, gateway, charge_id
   )
   select intent.*, payment_method from intent, payable`,
);

/** Records the intent to send, committed when this returns, or returns the outcome that is already known. */
export async function claim(
  database: Database,
  routes: readonly GatewayRoute[],
  run: OrderRun,
  sendWindowMs: number,
  ttlMs: number,
): Promise<Claim> {
  const [prefixes, gateways] = [routes.map(({ prefix }) => prefix), routes.map(({ gateway }) => gateway)];
  const values = [run.orderId, run.owner, chargeKeyPrefix(run.orderId), sendWindowMs, prefixes, gateways];
  const [first] = await firstClaim(database, values);
  if (first !== undefined) return send(run, first, false);
  return database.kysely.transaction().execute((tx) => claimAgain(tx, run, sendWindowMs, ttlMs));
}

/** A later try: the same attempt under the same key, or the answer that has arrived since. */
async function claimAgain(tx: Tx, run: OrderRun, sendWindowMs: number, ttlMs: number): Promise<Claim> {
  const order = await lockOrder(tx, run.orderId);
  if (order?.owner !== run.owner) return { kind: 'answered', outcome: { kind: 'superseded' } };
  const attempt = await ownAttempt(tx, run);
  const outcome = outcomeOf(order, attempt);
  if (outcome !== undefined) return { kind: 'answered', outcome };
  const requested = await requestedCancel(tx, run.orderId, order);
  if (requested !== undefined) return { kind: 'answered', outcome: { kind: 'undoing', ending: requested } };
  // A run that was reset, or has forgotten the charge, continues to look it up.
  if (order.status === 'payment_unknown') return { kind: 'answered', outcome: { kind: 'unknown', retryAfterMs: 0 } };
  if (order.status !== 'reserved') return { kind: 'answered', outcome: { kind: 'superseded' } };
  if (attempt === undefined) {
    if (await isPastItsTime(tx, run)) return { kind: 'answered', outcome: { kind: 'expired' } };
    // Another run's charge is open or captured: a second key now could be a second charge.
    throw new Error(`order ${run.orderId} has a charge of another run`);
  }

  const doubtful = attempt.doubtful || attempt.state !== 'created';
  await tx
    .updateTable('payment_attempts')
    .set({
      state: 'sent',
      doubtful,
      tries: attempt.tries + 1,
      waits_until: null,
      send_by: sql<Date>`now() + ${sendWindowMs} * interval '1 ms'`,
      updated_at: sql<Date>`now()`,
    })
    .where('order_id', '=', run.orderId)
    .where('attempt', '=', attempt.attempt)
    .execute();
  await tx
    .updateTable('reservations')
    .set({ expires_at: sql<Date>`now() + ${ttlMs} * interval '1 ms'` })
    .where('order_id', '=', run.orderId)
    .where('state', '=', 'active')
    .execute();
  return send(run, { ...attempt, payment_method: order.payment_method }, doubtful);
}

function send({ orderId }: OrderRun, row: ClaimRow, doubtful: boolean): Claim {
  const request = {
    key: row.idempotency_key,
    orderId,
    amountMinor: row.amount_minor,
    currency: row.currency,
    method: row.payment_method,
  };
  const at = { gateway: row.gateway, chargeId: row.charge_id };
  return { kind: 'send', attempt: row.attempt, doubtful, request, at };
}
