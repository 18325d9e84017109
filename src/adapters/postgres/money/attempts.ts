import { sql, type Selectable } from 'kysely';
import type { ChargePlace, Standing } from '../../../activities/payments.js';
import { ATTEMPT_TRANSITIONS, type AttemptState } from '../../../domain/payment-states.js';
import { isBeingPaid, isPaid, type OrderRun } from '../../../domain/order.js';
import type { ChargeOutcome } from '../../../domain/outcomes.js';
import { endingOf } from '../orders/order-row.js';
import type { LockedOrder } from '../order-lock.js';
import type { Tx } from '../pool.js';
import type { Tables } from '../tables.js';

export type Attempt = Selectable<Tables['payment_attempts']>;

const STATES = Object.keys(ATTEMPT_TRANSITIONS) as AttemptState[];

/** The attempt states from which `to` may be reached. */
export function attemptStatesBefore(to: AttemptState): AttemptState[] {
  return STATES.filter((from) => (ATTEMPT_TRANSITIONS[from] as readonly AttemptState[]).includes(to));
}

/** The charge of this run: a run has at most one attempt. */
export async function ownAttempt(tx: Tx, { orderId, owner }: OrderRun): Promise<Attempt | undefined> {
  return tx
    .selectFrom('payment_attempts')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('owner', '=', owner)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The newest charge of any run of the order. */
export async function lastAttempt(tx: Tx, orderId: string): Promise<Attempt | undefined> {
  return tx
    .selectFrom('payment_attempts')
    .selectAll()
    .where('order_id', '=', orderId)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirst();
}

/** The first charge of any run of the order whose outcome is not known. */
export async function openAttempt(tx: Tx, orderId: string): Promise<Attempt | undefined> {
  return tx
    .selectFrom('payment_attempts')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('state', 'in', ['sent', 'unknown'])
    .orderBy('attempt')
    .limit(1)
    .executeTakeFirst();
}

/** Gives up intents that were never sent. */
export async function abandonUnsent(tx: Tx, orderId: string, owner?: string): Promise<void> {
  await tx
    .updateTable('payment_attempts')
    .set({ state: 'not_charged', updated_at: sql<Date>`now()` })
    .where('order_id', '=', orderId)
    .where('state', '=', 'created')
    .$if(owner !== undefined, (query) => query.where('owner', '=', owner ?? ''))
    .execute();
}

export function placeOf({ gateway, charge_id }: Pick<Attempt, 'gateway' | 'charge_id'>): ChargePlace {
  return { gateway, chargeId: charge_id };
}

/** What the order and the attempt say about the charge; undefined while it is open. */
export function outcomeOf(order: LockedOrder, attempt: Attempt | undefined): ChargeOutcome | undefined {
  if (isPaid(order.status)) return { kind: 'confirmed' };
  const ending = endingOf(order);
  if (ending !== undefined) return { kind: 'undoing', ending };
  if (attempt?.state === 'captured') return captureOutcome(order, attempt);
  if (attempt?.state === 'declined') return { kind: 'declined', code: attempt.decline_code ?? 'declined' };
  return attempt?.state === 'not_charged' ? { kind: 'not_charged' } : undefined;
}

function captureOutcome(order: LockedOrder, attempt: Attempt): ChargeOutcome {
  const capturedMinor = attempt.captured_minor ?? 0;
  const currency = attempt.captured_currency ?? attempt.currency;
  const asAgreed = capturedMinor === order.total_minor && currency === order.currency;
  if (!asAgreed) return { kind: 'mismatch', capturedMinor, currency };
  return { kind: isBeingPaid(order.status) ? 'unreserved' : 'superseded' };
}

/** Whether money of this attempt was or will be refunded: then it no longer pays for anything. */
export async function isGivenBack(tx: Tx, { order_id, attempt }: Attempt): Promise<boolean> {
  const refund = await tx
    .selectFrom('refunds')
    .select('refund_id')
    .where('order_id', '=', order_id)
    .where('attempt', '=', attempt)
    .limit(1)
    .executeTakeFirst();
  return refund !== undefined;
}

/** An open attempt as a standing, with the time until a `not_found` counts. By the database's clock. */
export async function openStanding(tx: Tx, attempt: Attempt, settlingTimeMs: number): Promise<Standing> {
  const { rows } = await sql<{ ms: number }>`
    select greatest(0, ceil(extract(epoch from
      ${attempt.send_by ?? attempt.updated_at}::timestamptz + ${settlingTimeMs} * interval '1 ms' - clock_timestamp()) * 1000))::int as ms
  `.execute(tx);
  const settlesInMs = rows[0]?.ms ?? settlingTimeMs;
  return { kind: 'open', attempt: attempt.attempt, key: attempt.idempotency_key, at: placeOf(attempt), settlesInMs };
}

/** Records a call to the gateway. */
export async function noteCall(
  tx: Tx,
  orderId: string,
  call: { key: string; operation: 'charge' | 'lookup' | 'refund'; outcome: string; latencyMs: number },
): Promise<void> {
  await tx
    .insertInto('gateway_calls')
    .values({
      order_id: orderId,
      idempotency_key: call.key,
      operation: call.operation,
      outcome: call.outcome,
      latency_ms: call.latencyMs,
    })
    .execute();
}
