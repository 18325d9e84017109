import { sql } from 'kysely';
import type { DueRefund, RefundStore } from '../../../activities/refunds.js';
import { isUndoRefundId } from '../../../domain/ids.js';
import { isRefundable } from '../../../domain/order.js';
import type { Admission, AdmissionRefusal } from '../../../domain/outcomes.js';
import type { RequestedRefund } from '../../../domain/requested-refund.js';
import { returnRefusal } from '../../../domain/returns.js';
import { forgetEvidence, heedEvidence } from '../dead-letters/evidence.js';
import { lockOrder } from '../order-lock.js';
import { returnsOf } from '../orders/return-rows.js';
import { actorJson } from '../actors.js';
import type { Database, Tx } from '../pool.js';
import { placeOf } from './attempts.js';
import { claimRefund, failRefund, recordLookup, recordRefund, succeedRefund } from './refund-answers.js';
import { dueOf, keyOfTry, leftToRefund, moveRefund, refundKey, type Refund } from './refund-row.js';
import { supersede, undoCapture, unwantedCaptures } from './undo-refunds.js';

export function createRefundStore(database: Database): RefundStore {
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => database.kysely.transaction().execute(work);

  return {
    async due({ orderId, owner }) {
      return inTransaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (order?.owner !== owner) return [];
        const due: DueRefund[] = [];
        for (const capture of await unwantedCaptures(tx, orderId, order.status)) {
          due.push(...(await undoCapture(tx, capture)));
        }
        // A fault ends the sending, so refunds that are looked up or wait for a person come after those that can be
        // sent.
        return ORDER_OF_DUE.flatMap((wanted) => due.filter(({ state }) => state === wanted));
      });
    },

    openRefund: (refund) => inTransaction((tx) => openRefund(tx, refund)),

    async dueOne({ orderId, refundId }) {
      const refund = await database.kysely
        .selectFrom('refunds as r')
        .innerJoin('payment_attempts as a', (on) =>
          on.onRef('a.order_id', '=', 'r.order_id').onRef('a.attempt', '=', 'r.attempt'),
        )
        .selectAll('r')
        .select(['a.gateway', 'a.charge_id'])
        .where('r.order_id', '=', orderId)
        .where('r.refund_id', '=', refundId)
        .executeTakeFirstOrThrow();
      if (refund.state === 'succeeded') return [];
      if (refund.state !== 'failed') return [dueOf(refund, placeOf(refund))];
      // Without its dead letter it was given up, or another refund returns the money.
      const code = refund.last_error ?? 'refused';
      return (await hasOpenLetter(database, refund)) ? [{ state: 'refused', code }] : [];
    },

    claim: (key, sendWindowMs) => inTransaction((tx) => claimRefund(tx, key, sendWindowMs)),

    record: (key, result, latencyMs, tries) =>
      inTransaction((tx) => recordRefund(tx, key, result, { latencyMs, tries: tries ?? Infinity })),

    looked: (key, found, call) => inTransaction((tx) => recordLookup(tx, key, found, call)),

    async redriveRefund(orderId, deadLetterId, actor) {
      await inTransaction(async (tx) => {
        await lockOrder(tx, orderId);
        const letter = await tx
          .updateTable('dead_letters')
          .set({ state: 'redriving', redriven_by: actorJson(actor), updated_at: sql<Date>`now()` })
          .where('id', '=', deadLetterId)
          .where('order_id', '=', orderId)
          .where('kind', '=', 'refund')
          .where('state', '=', 'open')
          .returning('subject')
          .executeTakeFirst();
        const refund = letter && (await refundOf(tx, orderId, letter.subject));
        if (refund?.state === 'failed') await sendAgain(tx, refund);
      });
    },

    async applyRefundEvidence(orderId, { deadLetterId, happened, reference, note }) {
      await inTransaction(async (tx) => {
        await lockOrder(tx, orderId);
        const heeded = await heedEvidence(tx, orderId, 'refund', { deadLetterId, happened, note });
        const known = heeded && (await refundOf(tx, orderId, heeded.subject));
        // From now on, its actor is the one who gave the evidence.
        const refund = known && { ...known, actor: heeded.actor };
        if (refund?.state !== 'failed' && refund?.state !== 'unknown') return;
        const resolution = 'evidence: the money was sent back';
        if (!happened) {
          await failRefund(tx, refund, { error: `evidence: ${note}`, takenBack: false });
          await forgetEvidence(tx, orderId, refund.refund_id);
        }
        // What a failed refund no longer claims may have been refunded since: that is the money that was seen.
        else if (refund.state === 'failed' && refund.amount_minor > (await leftFor(tx, refund)))
          await supersede(tx, refund);
        else await succeedRefund(tx, refund, { reference, resolution, note });
      });
    },
  };
}

async function openRefund(tx: Tx, refund: RequestedRefund): Promise<Admission> {
  const { orderId, refundId, fingerprint } = refund;
  const order = await lockOrder(tx, orderId);
  const refused = (code: AdmissionRefusal): Admission => ({ kind: 'refused', code, status: order?.status ?? null });
  if (order === undefined) return refused('not_found');
  if (isUndoRefundId(refundId)) return refused('idempotency_conflict');
  const known = await refundOf(tx, orderId, refundId);
  if (known !== undefined)
    return known.fingerprint === fingerprint ? { kind: 'admitted' } : refused('idempotency_conflict');

  const payment = await tx.selectFrom('payments').selectAll().where('order_id', '=', orderId).executeTakeFirst();
  if (payment === undefined || !isRefundable(order.status)) return refused('not_refundable');
  const left = await leftToRefund(tx, orderId, payment.attempt, payment.amount_minor);
  const amountMinor = refund.amountMinor ?? left;
  const noReturn = refund.restock && returnRefusal(await returnsOf(tx, orderId), { amountMinor, leftMinor: left });
  if (noReturn) return refused(noReturn);
  if (amountMinor <= 0 || amountMinor > left) return refused('refund_exceeds_captured');

  const opened = await tx
    .insertInto('refunds')
    .values({
      idempotency_key: refundKey(orderId, refundId, 1),
      refund_id: refundId,
      order_id: orderId,
      attempt: payment.attempt,
      amount_minor: amountMinor,
      currency: payment.currency,
      state: 'pending',
      reason: refund.reason,
      restock: refund.restock,
      fingerprint,
      actor: actorJson(refund.actor),
    })
    .onConflict((conflict) => conflict.column('refund_id').doNothing())
    .returning('refund_id')
    .executeTakeFirst();
  return opened === undefined ? refused('idempotency_conflict') : { kind: 'admitted' };
}

const ORDER_OF_DUE: readonly DueRefund['state'][] = ['due', 'unknown', 'refused'];

/** A new key, and only for what can still be refunded: the failed amount may have been refunded another way since. */
async function sendAgain(tx: Tx, refund: Refund): Promise<void> {
  const left = await leftFor(tx, refund);
  const amountMinor = isUndoRefundId(refund.refund_id) ? left : refund.amount_minor;
  if (amountMinor <= 0 || amountMinor > left) return supersede(tx, refund);
  await moveRefund(tx, refund, 'pending', {
    idempotency_key: keyOfTry(refund, refund.number + 1),
    number: refund.number + 1,
    amount_minor: amountMinor,
    reference: null,
    taken_back: false,
    tries: 0,
    looked_up: false,
    send_by: null,
  });
}

/** How much of this refund's capture no other refund returns. */
async function leftFor(tx: Tx, { order_id, attempt }: Refund): Promise<number> {
  const { captured_minor } = await tx
    .selectFrom('payment_attempts')
    .select('captured_minor')
    .where('order_id', '=', order_id)
    .where('attempt', '=', attempt)
    .executeTakeFirstOrThrow();
  return leftToRefund(tx, order_id, attempt, captured_minor ?? 0);
}

async function refundOf(tx: Tx, orderId: string, refundId: string): Promise<Refund | undefined> {
  return tx
    .selectFrom('refunds')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('refund_id', '=', refundId)
    .executeTakeFirst();
}

async function hasOpenLetter({ kysely }: Database, { order_id, refund_id }: Refund): Promise<boolean> {
  const letter = await kysely
    .selectFrom('dead_letters')
    .select('id')
    .where('order_id', '=', order_id)
    .where('kind', '=', 'refund')
    .where('subject', '=', refund_id)
    .where('state', 'in', ['open', 'redriving'])
    .executeTakeFirst();
  return letter !== undefined;
}
