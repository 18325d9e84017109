import { sql, type Selectable } from 'kysely';
import type { ChargeStore, Claim } from '../../activities/payments.js';
import { chargeKeyPrefix } from '../../domain/ids.js';
import type { OrderRun } from '../../domain/order.js';
import type { ChargeOutcome } from '../../domain/outcomes.js';
import { capture } from './capture.js';
import { lockOrder, moveOrder, type LockedOrder } from './order-row.js';
import { prepared, type Database, type Tx } from './pool.js';
import type { Tables } from './tables.js';

type Attempt = Selectable<Tables['payment_attempts']>;

interface ClaimRow {
  attempt: number;
  idempotency_key: string;
  amount_minor: number;
  currency: string;
  payment_method: string;
}

// The intent of a first try: one statement, refused by anything that is out of the ordinary.
const firstClaim = prepared<ClaimRow>(
  'first-claim',
  `with payable as materialized (
     select total_minor, currency, payment_method from orders
     where order_id = $1 and owner = $2 and status = 'reserved' for update
   ), intent as (
     insert into payment_attempts
       (order_id, attempt, owner, idempotency_key, amount_minor, currency, state, tries, send_by)
     select $1, next.attempt, $2, $3 || next.attempt, total_minor, currency, 'sent', 1, now() + $4 * interval '1 ms'
     from payable, lateral (
       select coalesce(max(attempt), 0) + 1 as attempt, bool_or(owner = $2 or state not in ('declined', 'not_charged')) as busy
       from payment_attempts where order_id = $1
     ) as next
     where busy is not true
     on conflict do nothing
     returning attempt, idempotency_key, amount_minor, currency
   )
   select intent.*, payment_method from intent, payable`,
);

export function createChargeStore(database: Database): ChargeStore {
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => database.kysely.transaction().execute(work);

  return {
    async claim(run, sendWindowMs) {
      const values = [run.orderId, run.owner, chargeKeyPrefix(run.orderId), sendWindowMs];
      const [first] = await firstClaim(database, values);
      if (first !== undefined) return send(run, first, false);
      return inTransaction((tx) => claimAgain(tx, run, sendWindowMs));
    },

    async captured(run, attempt, captured) {
      return capture(database, run, attempt, captured);
    },

    async declined(run, attempt, code) {
      return inTransaction(async (tx) => {
        await lockOrder(tx, run.orderId);
        await tx
          .updateTable('payment_attempts')
          .set({
            // A decline after a doubtful send does not say what became of the first one.
            state: sql`case when doubtful then 'unknown' else 'declined' end`,
            decline_code: code,
            updated_at: sql<Date>`now()`,
          })
          .where('order_id', '=', run.orderId)
          .where('attempt', '=', attempt)
          .where('state', '=', 'sent')
          .execute();
        return outcomeNow(tx, run, { kind: 'unknown', retryAfterMs: 0 });
      });
    },

    async disproved(run, attempt, by) {
      return inTransaction(async (tx) => {
        await lockOrder(tx, run.orderId);
        const isOver =
          'settlingTimeMs' in by
            ? sql<boolean>`coalesce(send_by, updated_at) + ${by.settlingTimeMs} * interval '1 ms' <= clock_timestamp()`
            : sql<boolean>`true`;
        await tx
          .updateTable('payment_attempts')
          .set({
            state: 'settlingTimeMs' in by ? 'not_charged' : 'declined',
            decline_code: 'settlingTimeMs' in by ? null : by.code,
            updated_at: sql<Date>`now()`,
          })
          .where('order_id', '=', run.orderId)
          .where('attempt', '=', attempt)
          .where('state', 'in', ['created', 'sent', 'unknown'])
          .where(isOver)
          .execute();
        return outcomeNow(tx, run, { kind: 'unknown', retryAfterMs: 0 });
      });
    },

    async troubled({ orderId }, attempt, trouble) {
      const ambiguous = trouble.kind === 'ambiguous';
      await database.kysely
        .updateTable('payment_attempts')
        .set({
          state: sql`case when doubtful or ${ambiguous} then 'unknown' else 'created' end`,
          doubtful: sql<boolean>`doubtful or ${ambiguous}`,
          last_error: trouble.reason,
          updated_at: sql<Date>`now()`,
        })
        .where('order_id', '=', orderId)
        .where('attempt', '=', attempt)
        .where('state', '=', 'sent')
        .execute();
    },

    async standing(run, settlingTimeMs) {
      return inTransaction(async (tx) => {
        const order = await lockOrder(tx, run.orderId);
        if (order?.owner !== run.owner) return { kind: 'known', outcome: { kind: 'superseded' } };
        await tx
          .updateTable('payment_attempts')
          .set({ state: 'not_charged', updated_at: sql<Date>`now()` })
          .where('order_id', '=', run.orderId)
          .where('owner', '=', run.owner)
          .where('state', '=', 'created')
          .execute();
        const attempt = await ownAttempt(tx, run);
        const outcome = outcomeOf(order, attempt);
        if (outcome !== undefined) return { kind: 'known', outcome };
        if (attempt === undefined) return { kind: 'known', outcome: { kind: 'not_charged' } };
        const settlesInMs = await msUntilSettled(tx, attempt, settlingTimeMs);
        return { kind: 'open', attempt: attempt.attempt, key: attempt.idempotency_key, settlesInMs };
      });
    },

    async unknown({ orderId, owner }) {
      await inTransaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (order?.owner !== owner || order.status !== 'reserved') return;
        await moveOrder(tx, orderId, { to: 'payment_unknown', event: 'payment.unknown' });
      });
    },
  };
}

/** A try after the first: the same attempt under the same key, or the answer it has got meanwhile. */
async function claimAgain(tx: Tx, run: OrderRun, sendWindowMs: number): Promise<Claim> {
  const order = await lockOrder(tx, run.orderId);
  if (order?.owner !== run.owner) return { kind: 'answered', outcome: { kind: 'superseded' } };
  const attempt = await ownAttempt(tx, run);
  const outcome = outcomeOf(order, attempt);
  if (outcome !== undefined) return { kind: 'answered', outcome };
  if (order.status !== 'reserved') return { kind: 'answered', outcome: { kind: 'superseded' } };
  // Another run's charge is still open: a second key now could be a second charge.
  if (attempt === undefined) throw new Error(`order ${run.orderId} has an open charge of another run`);

  const doubtful = attempt.doubtful || attempt.state !== 'created';
  await tx
    .updateTable('payment_attempts')
    .set({
      state: 'sent',
      doubtful,
      tries: attempt.tries + 1,
      send_by: sql<Date>`now() + ${sendWindowMs} * interval '1 ms'`,
      updated_at: sql<Date>`now()`,
    })
    .where('order_id', '=', run.orderId)
    .where('attempt', '=', attempt.attempt)
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
  return { kind: 'send', attempt: row.attempt, doubtful, request };
}

async function ownAttempt(tx: Tx, { orderId, owner }: OrderRun): Promise<Attempt | undefined> {
  return tx
    .selectFrom('payment_attempts')
    .selectAll()
    .where('order_id', '=', orderId)
    .where('owner', '=', owner)
    .orderBy('attempt', 'desc')
    .limit(1)
    .executeTakeFirst();
}

async function outcomeNow(tx: Tx, run: OrderRun, otherwise: ChargeOutcome): Promise<ChargeOutcome> {
  const order = await lockOrder(tx, run.orderId);
  return (order && outcomeOf(order, await ownAttempt(tx, run))) ?? otherwise;
}

/** What order and attempt say about the charge, or undefined while that is open. */
function outcomeOf(order: LockedOrder, attempt: Attempt | undefined): ChargeOutcome | undefined {
  if (order.status === 'confirmed' || order.status === 'completed') return { kind: 'confirmed' };
  if (attempt?.state === 'captured') return captureOutcome(order, attempt);
  if (attempt?.state === 'declined') return { kind: 'declined', code: attempt.decline_code ?? 'declined' };
  return attempt?.state === 'not_charged' ? { kind: 'not_charged' } : undefined;
}

function captureOutcome(order: LockedOrder, attempt: Attempt): ChargeOutcome {
  const capturedMinor = attempt.captured_minor ?? 0;
  const currency = attempt.captured_currency ?? attempt.currency;
  const asAgreed = capturedMinor === order.total_minor && currency === order.currency;
  return asAgreed ? { kind: 'superseded' } : { kind: 'mismatch', capturedMinor, currency };
}

async function msUntilSettled(tx: Tx, attempt: Attempt, settlingTimeMs: number): Promise<number> {
  const { rows } = await sql<{ ms: number }>`
    select greatest(0, ceil(extract(epoch from
      ${attempt.send_by ?? attempt.updated_at}::timestamptz + ${settlingTimeMs} * interval '1 ms' - clock_timestamp()) * 1000))::int as ms
  `.execute(tx);
  return rows[0]?.ms ?? settlingTimeMs;
}
