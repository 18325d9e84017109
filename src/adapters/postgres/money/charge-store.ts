// Charges and refunds: what was sent, what is known about it, and the gateway's events.
// Never a call to the gateway; captured amounts come only from the gateway's answers.

import { sql } from 'kysely';
import type { Captured, ChargeStore, Standing } from '../../../activities/payments.js';
import { chargeKey } from '../../../domain/ids.js';
import type { OrderRun } from '../../../domain/order.js';
import type { ChargeOutcome } from '../../../domain/outcomes.js';
import type { AttemptState } from '../../../domain/payment-states.js';
import {
  abandonUnsent,
  attemptStatesBefore,
  isGivenBack,
  lastAttempt,
  noteCall,
  openAttempt,
  openStanding,
  outcomeOf,
  ownAttempt,
} from './attempts.js';
import { capture } from './confirm-order.js';
import { claim, type GatewayRoute } from './charge-claim.js';
import { openDeadLetter, resolveDeadLetters } from '../dead-letters/dead-letter-store.js';
import { heedEvidence } from '../dead-letters/evidence.js';
import { moveOrder } from '../orders/move-order.js';
import { lockOrder } from '../order-lock.js';
import type { Database, Tx } from '../pool.js';

/** @param routes the gateway of each new charge, by its payment method; of tests, the sandbox */
export function createChargeStore(
  database: Database,
  routes: readonly GatewayRoute[] = [{ prefix: '', gateway: 'sandbox' }],
): ChargeStore {
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => database.kysely.transaction().execute(work);

  return {
    claim: (run, sendWindowMs, ttlMs) => claim(database, routes, run, sendWindowMs, ttlMs),

    async prepared(run, attempt, chargeId) {
      const row = await attemptIn(database.kysely, run, attempt, ['sent'])
        .set({ charge_id: sql<string>`coalesce(charge_id, ${chargeId})` })
        .where('owner', '=', run.owner)
        .returning('charge_id')
        .executeTakeFirst();
      return row?.charge_id ?? undefined;
    },

    captured: (run, attempt, captured, call) => capture(database, run, attempt, captured, call),

    async declined(run, attempt, code, { latencyMs }) {
      return inTransaction(async (tx) => {
        await lockOrder(tx, run.orderId);
        const key = chargeKey(run.orderId, attempt);
        await noteCall(tx, run.orderId, { key, operation: 'charge', outcome: 'declined', latencyMs });
        // A decline after a doubtful send does not say what happened to the first one.
        const state = sql<AttemptState>`case when doubtful then 'unknown' else 'declined' end`;
        await attemptIn(tx, run, attempt, ['sent']).set({ state, decline_code: code }).execute();
        return outcomeNow(tx, run);
      });
    },

    async disproved(run, attempt, { latencyMs }, code) {
      return inTransaction(async (tx) => {
        await lockOrder(tx, run.orderId);
        const outcome = code === undefined ? 'not_found' : 'declined';
        const key = chargeKey(run.orderId, attempt);
        await noteCall(tx, run.orderId, { key, operation: 'lookup', outcome, latencyMs });
        await disprove(tx, run, attempt, { isLookedUp: true, ...(code === undefined ? {} : { code }) });
        return outcomeNow(tx, run);
      });
    },

    async troubled(run, attempt, trouble, { latencyMs }) {
      await inTransaction(async (tx) => {
        await lockOrder(tx, run.orderId);
        const key = chargeKey(run.orderId, attempt);
        await noteCall(tx, run.orderId, { key, operation: 'charge', outcome: trouble.kind, latencyMs });
        const ambiguous = trouble.kind === 'ambiguous';
        await attemptIn(tx, run, attempt, ['sent'])
          .set({
            state: sql<AttemptState>`case when doubtful or ${ambiguous} then 'unknown' else 'created' end`,
            doubtful: sql<boolean>`doubtful or ${ambiguous}`,
            last_error: trouble.reason,
          })
          .execute();
      });
    },

    async notSent(run, attempt, waitMs) {
      const row = await attemptIn(database.kysely, run, attempt, ['sent'])
        .set({
          state: sql<AttemptState>`case when doubtful then 'unknown' else 'created' end`,
          tries: sql<number>`tries - 1`,
          waits_until: sql<Date>`now() + ${waitMs} * interval '1 ms'`,
        })
        .returning('tries')
        .executeTakeFirst();
      return row?.tries ?? 0;
    },

    async standing(run, settlingTimeMs) {
      return inTransaction(async (tx) => {
        const order = await lockOrder(tx, run.orderId);
        if (order?.owner !== run.owner) return { kind: 'known', outcome: { kind: 'superseded' } };
        await abandonUnsent(tx, run.orderId, run.owner);
        const attempt = await ownAttempt(tx, run);
        const outcome = outcomeOf(order, attempt);
        if (outcome !== undefined) return { kind: 'known', outcome };
        if (attempt === undefined) return { kind: 'known', outcome: { kind: 'not_charged' } };
        return openStanding(tx, attempt, settlingTimeMs);
      });
    },

    async dismissed({ orderId }) {
      const rows = await database.kysely
        .selectFrom('payment_attempts')
        .select(['attempt', 'idempotency_key as key', 'gateway', 'charge_id as chargeId'])
        .where('order_id', '=', orderId)
        .where('state', 'in', ['declined', 'not_charged'])
        .where('tries', '>', 0)
        .orderBy('attempt')
        .execute();
      return rows.map(({ attempt, key, ...at }) => ({ attempt, key, at }));
    },

    async earlierStanding(run, settlingTimeMs) {
      const standing = await inTransaction((tx) => earlierStanding(tx, run, settlingTimeMs));
      if (standing.kind !== 'pending') return standing;
      const { attempt, captured } = standing;
      return { kind: 'known', outcome: await capture(database, run, attempt, captured) };
    },

    async unknown(run, attempt, { latencyMs }) {
      await inTransaction(async (tx) => {
        const order = await lockOrder(tx, run.orderId);
        if (order?.owner !== run.owner) return;
        const tries = await triesOfOpen(tx, run, attempt);
        if (tries === undefined) return;
        const key = chargeKey(run.orderId, attempt);
        await noteCall(tx, run.orderId, { key, operation: 'lookup', outcome: 'unknown', latencyMs });
        if (order.status === 'reserved') {
          await moveOrder(tx, run.orderId, { to: 'payment_unknown', event: 'payment.unknown' });
        }
        await openDeadLetter(tx, {
          orderId: run.orderId,
          kind: 'payment_unknown',
          step: 'charge',
          errorClass: 'ChargeUnknown',
          attempts: tries,
          lastError: 'the gateway does not know the outcome of the charge; look-ups continue',
        });
      });
    },

    async applyChargeEvidence(run, { deadLetterId, happened, reference, note }) {
      const attempt = await inTransaction(async (tx) => {
        const order = await lockOrder(tx, run.orderId);
        if (order?.owner !== run.owner) return undefined;
        const said = { deadLetterId, happened, note };
        const heeded = await heedEvidence(tx, run.orderId, 'payment_unknown', said);
        if (heeded === undefined) return undefined;
        const open = await openAttempt(tx, run.orderId);
        // The dead letter of a charge that took money is resolved with its capture, or a crash in between would lose
        // both.
        if (open !== undefined && happened) return { ...open, actor: heeded.actor };
        await resolveDeadLetters(tx, run.orderId, ['payment_unknown'], `evidence: ${note}`);
        if (open !== undefined) await disprove(tx, run, open.attempt, { isLookedUp: false });
        return undefined;
      });
      if (attempt === undefined) return;
      const { amount_minor: amountMinor, currency } = attempt;
      const captured = { kind: 'captured', reference, amountMinor, currency } as const;
      await capture(database, run, attempt.attempt, captured, { actor: attempt.actor });
    },
  };
}

const ANSWERS: readonly ChargeOutcome['kind'][] = ['confirmed', 'declined', 'mismatch', 'undoing'];

/** `pending`: the money was captured by a run that no longer owned the order, and the order waits for it. */
type EarlierStanding = Standing | { kind: 'pending'; attempt: number; captured: Captured };

async function earlierStanding(tx: Tx, run: OrderRun, settlingTimeMs: number): Promise<EarlierStanding> {
  const order = await lockOrder(tx, run.orderId);
  if (order?.owner !== run.owner) return { kind: 'known', outcome: { kind: 'superseded' } };
  await abandonUnsent(tx, run.orderId);
  const open = await openAttempt(tx, run.orderId);
  if (open !== undefined) return openStanding(tx, open, settlingTimeMs);
  const last = await lastAttempt(tx, run.orderId);
  const outcome = outcomeOf(order, last);
  if (outcome?.kind === 'unreserved' && last !== undefined && !(await isGivenBack(tx, last))) {
    const { attempt, reference, currency } = last;
    const captured = {
      kind: 'captured',
      reference: reference ?? '',
      amountMinor: order.total_minor,
      currency,
    } as const;
    return { kind: 'pending', attempt, captured };
  }
  const isAnswer = outcome !== undefined && ANSWERS.includes(outcome.kind);
  return { kind: 'known', outcome: isAnswer ? outcome : { kind: 'not_charged' } };
}

function attemptIn(db: Pick<Tx, 'updateTable'>, { orderId }: OrderRun, attempt: number, states: AttemptState[]) {
  return db
    .updateTable('payment_attempts')
    .set({ updated_at: sql<Date>`now()` })
    .where('order_id', '=', orderId)
    .where('attempt', '=', attempt)
    .where('state', 'in', states);
}

/** A late look-up must not reopen a settled charge. */
async function triesOfOpen(tx: Tx, { orderId }: OrderRun, attempt: number): Promise<number | undefined> {
  const row = await tx
    .selectFrom('payment_attempts')
    .select('tries')
    .where('order_id', '=', orderId)
    .where('attempt', '=', attempt)
    .where('state', 'in', ['sent', 'unknown'])
    .executeTakeFirst();
  return row?.tries;
}

async function disprove(
  tx: Tx,
  run: OrderRun,
  attempt: number,
  { isLookedUp, code }: { isLookedUp: boolean; code?: string },
): Promise<void> {
  const state = code === undefined ? 'not_charged' : 'declined';
  const settled = await attemptIn(tx, run, attempt, attemptStatesBefore(state))
    .set({ state, decline_code: code ?? null })
    // The look-up says nothing about a send that began after it.
    .where(
      sql<boolean>`(${!isLookedUp || code !== undefined}::boolean or coalesce(send_by, updated_at) <= clock_timestamp())`,
    )
    .returning('attempt')
    .executeTakeFirst();
  if (settled === undefined) return;
  await resolveDeadLetters(tx, run.orderId, ['payment_unknown'], 'the gateway says that nothing was charged');
}

async function outcomeNow(tx: Tx, run: OrderRun): Promise<ChargeOutcome> {
  const order = await lockOrder(tx, run.orderId);
  return (order && outcomeOf(order, await ownAttempt(tx, run))) ?? { kind: 'unknown', retryAfterMs: 0 };
}
