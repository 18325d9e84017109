import { sql } from 'kysely';
import type { Actor } from '../../../domain/actor.js';
import type { DeadLetterKind, DeadLetterState, Said } from '../../../domain/dead-letter.js';
import { actorJson } from '../actors.js';
import { lockOrder } from '../order-lock.js';
import type { Database, Tx } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';

/** `isOver`: the dead letter has been settled, by this evidence or in another way. */
type Kept = { kind: 'kept'; said: Said; isOver: boolean };

/**
 * Stores evidence about an open dead letter. The first evidence counts: a repetition is `kept` with the reference and
 * note of the first.
 */
export async function keepEvidence(
  { kysely }: Database,
  id: string,
  said: Said,
  actor?: Actor,
): Promise<
  Kept | { kind: 'opposite'; said: Said } | { kind: 'not_open'; state: DeadLetterState } | { kind: 'under_way' }
> {
  return orUnavailable(
    kysely.transaction().execute(async (tx) => {
      const { order_id: orderId } = await letterRow(tx, id);
      await lockOrder(tx, orderId);
      const { state, kind, subject, evidence } = await letterRow(tx, id);
      const isOver = state === 'resolved' || state === 'discarded';
      if (evidence !== null && state !== 'discarded') {
        const isSame = evidence.happened === said.happened;
        return isSame ? { kind: 'kept', said: evidence, isOver } : { kind: 'opposite', said: evidence };
      }
      if (isOver) return { kind: 'not_open', state };
      if (kind === 'refund' && (await isBeingSent(tx, subject))) return { kind: 'under_way' };
      await tx
        .updateTable('dead_letters')
        .set({ evidence: JSON.stringify(said), evidence_by: actorJson(actor), updated_at: sql<Date>`now()` })
        .where('id', '=', id)
        .execute();
      return { kind: 'kept', said, isOver };
    }),
  );
}

/**
 * Applies the evidence about an unsettled dead letter of a locked order, and records it there.
 * @returns its subject and actor; undefined if the evidence no longer applies, because it was applied or its subject
 * has changed
 */
export async function heedEvidence(
  tx: Tx,
  orderId: string,
  kind: DeadLetterKind,
  { deadLetterId, happened, note }: { deadLetterId: string; happened: boolean; note: string },
): Promise<{ subject: string; actor: Actor | null } | undefined> {
  return tx
    .updateTable('dead_letters')
    .set({ note, updated_at: sql<Date>`now()` })
    .where('id', '=', deadLetterId)
    .where('order_id', '=', orderId)
    .where('kind', '=', kind)
    .where('state', 'in', ['open', 'redriving'])
    .where(sql<boolean>`(evidence->'happened' = to_jsonb(${happened}::boolean))`)
    .returning(['subject', 'evidence_by as actor'])
    .executeTakeFirst();
}

/** A refund of a locked order has changed since its evidence was given: the evidence no longer applies. */
export async function forgetEvidence(tx: Tx, orderId: string, refundId: string): Promise<void> {
  await tx
    .updateTable('dead_letters')
    .set({ evidence: null })
    .where('order_id', '=', orderId)
    .where('kind', '=', 'refund')
    .where('subject', '=', refundId)
    .where('state', 'in', ['open', 'redriving'])
    .where('evidence', 'is not', null)
    .execute();
}

function letterRow(tx: Tx, id: string) {
  return tx
    .selectFrom('dead_letters')
    .select(['order_id', 'state', 'kind', 'subject', 'evidence'])
    .where('id', '=', id)
    .executeTakeFirstOrThrow();
}

/** While it is being sent, its outcome cannot be known. */
async function isBeingSent(tx: Tx, refundId: string): Promise<boolean> {
  const refund = await tx
    .selectFrom('refunds')
    .select(['state', 'looked_up', sql<boolean>`coalesce(send_by > clock_timestamp(), false)`.as('claimed')])
    .where('refund_id', '=', refundId)
    .executeTakeFirst();
  return refund?.state === 'pending' || (refund?.state === 'unknown' && (refund.claimed || !refund.looked_up));
}
