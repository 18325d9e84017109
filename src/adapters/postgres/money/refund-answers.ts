import { sql } from 'kysely';
import type { RefundLookup, RefundResult } from '../../../activities/payments.js';
import type { LookedRefund, RefundClaim, RefundStanding } from '../../../activities/refunds.js';
import { noteCall } from './attempts.js';
import { isSettled } from '../../../domain/order.js';
import { openDeadLetter, resolveDeadLetters } from '../dead-letters/dead-letter-store.js';
import { lockOrder } from '../order-lock.js';
import { addToTrail } from '../orders/add-event.js';
import type { Tx } from '../pool.js';
import { changeRefund, lockRefund, moveRefund, type Refund } from './refund-row.js';

/** Lets one sender send it, and no other until that call is over. */
export async function claimRefund(tx: Tx, key: string, sendWindowMs: number): Promise<RefundClaim> {
  const refund = await existing(tx, key);
  const standing = standingOf(refund, key);
  if (standing.kind !== 'sendable') return standing;
  const retryAfterMs = await msUntil(tx, refund.send_by, 0);
  if (retryAfterMs > 0) return { kind: 'busy', retryAfterMs };
  const sendBy = sql<Date>`clock_timestamp() + ${sendWindowMs}::float8 * interval '1 ms'`;
  await tx.updateTable('refunds').set({ send_by: sendBy }).where('refund_id', '=', refund.refund_id).execute();
  return { kind: 'send' };
}

/** Records the outcome of a send. @returns the refund's state */
export async function recordRefund(
  tx: Tx,
  key: string,
  result: RefundResult,
  { latencyMs, tries }: { latencyMs: number; tries: number },
): Promise<RefundStanding> {
  const refund = await existing(tx, key);
  await noteCall(tx, refund.order_id, { key, operation: 'refund', outcome: result.kind, latencyMs });
  if (refund.idempotency_key !== key) {
    await recordPast(tx, refund, key, result);
    return { kind: 'replaced' };
  }
  if (refund.send_by !== null) await changeRefund(tx, refund, { send_by: null });
  await recordAnswer(tx, refund, result, tries);
  return standingOf(await existing(tx, key), key);
}

async function recordAnswer(tx: Tx, refund: Refund, result: RefundResult, tries: number): Promise<void> {
  switch (result.kind) {
    case 'refunded':
      return recordSuccess(tx, refund, result.reference);
    case 'refused':
      // Only a gateway event reverts a success, never an answer that arrived out of order.
      if (refund.state !== 'succeeded') await failRefund(tx, refund, { error: result.code, takenBack: false });
      return;
    case 'ambiguous':
    case 'not_executed':
      return recordTrouble(tx, refund, result, tries);
  }
}

/** Records what a look-up found. @returns the refund's state */
export async function recordLookup(
  tx: Tx,
  key: string,
  found: RefundLookup | undefined,
  { latencyMs, settlingTimeMs }: LookedRefund,
): Promise<RefundStanding> {
  const refund = await existing(tx, key);
  const outcome = found?.kind ?? 'unknown';
  await noteCall(tx, refund.order_id, { key, operation: 'lookup', outcome, latencyMs });
  const standing = standingOf(refund, key);
  if (standing.kind === 'replaced' || refund.state !== 'unknown') return standing;

  switch (found?.kind) {
    case 'refunded':
      await recordSuccess(tx, refund, found.reference);
      return { kind: 'refunded' };
    case 'refused':
      await failRefund(tx, refund, { error: found.code, takenBack: false });
      return { kind: 'refused', code: found.code };
    case 'not_found': {
      // Without a claim, its last send was before the row's last update.
      const settlesInMs = await msUntil(tx, refund.send_by ?? refund.updated_at, settlingTimeMs);
      if (settlesInMs > 0) return { kind: 'unknown', retryAfterMs: settlesInMs };
      await moveRefund(tx, refund, 'pending', { tries: 0, looked_up: false });
      return { kind: 'sendable' };
    }
    case 'processing':
    case undefined:
      // After a redrive that found nothing, it needs a person again.
      await openUnknown(tx, refund);
      return { kind: 'unknown', retryAfterMs: 0 };
  }
}

/** The money is back: succeeded, with its event, and its dead letter resolved. */
export async function succeedRefund(
  tx: Tx,
  refund: Refund,
  { reference, resolution, note }: { reference: string; resolution: string; note?: string },
): Promise<void> {
  const { order_id: orderId, refund_id: subject } = refund;
  if (!(await moveRefund(tx, refund, 'succeeded', { reference, last_error: null }))) return;
  const data = { refund_id: subject, amount_minor: refund.amount_minor, currency: refund.currency };
  await addToTrail(tx, orderId, 'refund.succeeded', data, refund.actor);
  await resolveDeadLetters(tx, orderId, ['refund'], resolution, { subject, ...(note === undefined ? {} : { note }) });
  await resolveAlarm(tx, orderId);
}

/** The money was not returned, or the bank rejected it: failed, with its event and a dead letter. */
export async function failRefund(
  tx: Tx,
  refund: Refund,
  { error, takenBack }: { error: string; takenBack: boolean },
): Promise<boolean> {
  const { order_id: orderId, refund_id: subject } = refund;
  const change = { last_error: error, taken_back: takenBack };
  if (!(await moveRefund(tx, refund, 'failed', change))) return false;
  const data = { refund_id: subject, amount_minor: refund.amount_minor, currency: refund.currency, error };
  await addToTrail(tx, orderId, 'refund.failed', data, takenBack ? null : refund.actor);
  await openDeadLetter(tx, {
    orderId,
    kind: 'refund',
    step: 'refund',
    errorClass: takenBack ? 'RefundTakenBack' : 'RefundRefused',
    lastError: error,
    attempts: refund.number,
    subject,
  });
  return true;
}

/** An order that is being undone resolves its alarms when it ends; one that has ended waits only for refunds. */
async function resolveAlarm(tx: Tx, orderId: string): Promise<void> {
  const order = await lockOrder(tx, orderId);
  if (order === undefined || !isSettled(order.status)) return;
  const underWay = await tx
    .selectFrom('refunds')
    .select('refund_id')
    .where('order_id', '=', orderId)
    .where('state', 'in', ['pending', 'unknown'])
    .limit(1)
    .executeTakeFirst();
  if (underWay === undefined) await resolveDeadLetters(tx, orderId, ['compensation'], 'the money was sent back');
}

function standingOf(refund: Refund, key: string): RefundStanding {
  if (refund.idempotency_key !== key) return { kind: 'replaced' };
  if (refund.state === 'succeeded') return { kind: 'refunded' };
  if (refund.state === 'failed') return { kind: 'refused', code: refund.last_error ?? 'refused' };
  return refund.state === 'unknown' && refund.looked_up ? { kind: 'unknown', retryAfterMs: 0 } : { kind: 'sendable' };
}

async function existing(tx: Tx, key: string): Promise<Refund> {
  const refund = await lockRefund(tx, key);
  if (refund === undefined) throw new Error(`no refund has the key ${key}`);
  return refund;
}

async function recordSuccess(tx: Tx, refund: Refund, reference: string): Promise<void> {
  // An answer that arrives after the event about the bank's return is the older of the two.
  if (!refund.taken_back) await succeedRefund(tx, refund, { reference, resolution: 'the gateway sent the money back' });
}

/** A fault before anything was in doubt uses up no try: nothing was executed. */
async function recordTrouble(
  tx: Tx,
  refund: Refund,
  { kind, reason }: { kind: 'ambiguous' | 'not_executed'; reason: string },
  most: number,
): Promise<void> {
  if (refund.state !== 'pending' && refund.state !== 'unknown') return;
  if (refund.state === 'pending' && kind === 'not_executed') return changeRefund(tx, refund, { last_error: reason });
  const tries = refund.tries + 1;
  const isLookedUp = refund.looked_up || tries >= most;
  await changeRefund(tx, refund, { state: 'unknown', last_error: reason, tries, looked_up: isLookedUp });
  if (!isLookedUp) return;
  await openUnknown(tx, { ...refund, tries });
  if (refund.looked_up) return;
  const { refund_id, amount_minor, currency } = refund;
  await addToTrail(tx, refund.order_id, 'refund.unknown', { refund_id, amount_minor, currency }, refund.actor);
}

async function openUnknown(tx: Tx, { order_id: orderId, refund_id: subject, tries }: Refund): Promise<void> {
  await openDeadLetter(tx, {
    orderId,
    kind: 'refund',
    step: 'refund',
    errorClass: 'RefundUnknown',
    lastError: 'the gateway does not know the outcome of the refund; look-ups continue',
    attempts: tries,
    subject,
  });
}

/**
 * An answer for a key that was replaced because it had definitely failed: if it succeeded after all, a person is
 * needed.
 */
async function recordPast(tx: Tx, refund: Refund, key: string, result: RefundResult): Promise<void> {
  if (result.kind !== 'refunded') return;
  await openDeadLetter(tx, {
    orderId: refund.order_id,
    kind: 'books',
    step: 'refund',
    errorClass: 'RefundedUnderPastKey',
    lastError: `the gateway sent money back under ${key}, which it had refused, as ${result.reference}`,
    subject: refund.refund_id,
  });
}

/** The milliseconds until `afterMs` after `time`, by the database's clock; 0 if that is over. */
async function msUntil(tx: Tx, time: Date | null, afterMs: number): Promise<number> {
  if (time === null) return 0;
  const { rows } = await sql<{ ms: number }>`
    select greatest(0, ceil(extract(epoch from
      ${time}::timestamptz + ${afterMs} * interval '1 ms' - clock_timestamp()) * 1000))::int as ms
  `.execute(tx);
  return rows[0]?.ms ?? afterMs;
}
