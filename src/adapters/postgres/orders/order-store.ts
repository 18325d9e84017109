import { sql } from 'kysely';
import type { OrderStore } from '../../../activities/orders.js';
import { RUN_LETTERS } from '../../../domain/dead-letter.js';
import { REDRIVABLE } from '../../../domain/failure.js';
import { isCancellable, isSettled, type OrderRun, type OrderStatus, type Undone } from '../../../domain/order.js';
import type { Admission, AdmissionRefusal } from '../../../domain/outcomes.js';
import { mayShip } from '../../../domain/returns.js';
import { openDeadLetter, resolveDeadLetters } from '../dead-letters/dead-letter-store.js';
import { amendOrder } from './store-amendment.js';
import { acceptCancel, cancelledBy, requestedCancel } from './cancel-requests.js';
import { inTime } from './expiry.js';
import { createFulfilment, shipTheRest } from './fulfilments.js';
import { moveOrder, type Move } from './move-order.js';
import { endingOf, placeOrder } from './order-row.js';
import { lockOrder, type LockedOrder } from '../order-lock.js';
import { forgetReturns, returnsOf } from './return-rows.js';
import { actorJson, type EventActor } from '../actors.js';
import type { Database, Tx } from '../pool.js';

const ADMITTED: Admission = { kind: 'admitted' };

export function createOrderStore(database: Database): OrderStore {
  const inTransaction = <T>(work: (tx: Tx) => Promise<T>) => database.kysely.transaction().execute(work);

  return {
    async noteCancel({ orderId }, reason) {
      await acceptCancel(database, { orderId, reason });
    },

    async beginUndo({ order, owner, ending: asked }) {
      await placeOrder(database, order, owner);
      return inTransaction(async (tx) => {
        const locked = await lockOrder(tx, order.orderId);
        if (locked?.owner !== owner) return { kind: 'superseded' };
        const begun = endingOf(locked);
        if (begun !== undefined) return { kind: 'open', ending: begun };
        const requested = asked.status === 'failed' ? await requestedCancel(tx, order.orderId, locked) : undefined;
        const ending = requested ?? (await inTime(tx, { orderId: order.orderId, owner }, asked));
        // An order in review holds no stock and allows no step: it ends directly.
        if (locked.status === 'in_review') return { kind: 'open', ending };
        const to = ending.status === 'failed' ? 'compensating' : 'cancelling';
        const moved = await moveOrder(tx, order.orderId, {
          to,
          event: `order.${to}`,
          actor: actorOf(order.orderId, ending),
          set: columnsOf(ending),
        });
        if (moved) return { kind: 'open', ending };
        return { kind: locked.status === 'confirmed' ? 'confirmed' : 'superseded' };
      });
    },

    async endOrder({ orderId, owner }, ending) {
      await inTransaction(async (tx) => {
        const locked = await lockOrder(tx, orderId);
        if (locked?.owner !== owner || locked.status === ending.status) return;
        const moved = await moveOrder(tx, orderId, {
          to: ending.status,
          event: `order.${ending.status}`,
          data: ending.status === 'failed' ? { ...ending.failure } : { reason: ending.reason },
          actor: actorOf(orderId, ending),
          set: columnsOf(ending),
        });
        if (!moved) throw new Error(`order ${orderId} cannot go from ${locked.status} to ${ending.status}`);
        await closeDeadLetters(tx, orderId, ending);
      });
    },

    async completeOrder(orderId, actor) {
      return inTransaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (order?.status === 'completed') return ADMITTED;
        if (order?.status !== 'confirmed') return refused(order, 'not_fulfillable');
        if (await requestedCancel(tx, orderId, order)) return refused(order, 'not_fulfillable');
        const returns = await returnsOf(tx, orderId);
        if (!mayShip(returns)) return refused(order, 'goods_returned');
        if (returns.refunds.length > 0) await forgetReturns(tx, orderId);
        if (order.shipping) await shipTheRest(tx, orderId, actor);
        await moveOrder(tx, orderId, { to: 'completed', event: 'order.completed', actor });
        return ADMITTED;
      });
    },

    createFulfilment: (fulfilment) => inTransaction((tx) => createFulfilment(tx, fulfilment)),

    amendOrder: (change) => inTransaction((tx) => amendOrder(tx, change)),

    async takeOverToRedrive({ orderId, owner }, deadLetterId, actor) {
      return inTransaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (order?.owner === owner) return ADMITTED;
        if (order?.status !== 'failed' || !isRedrivable(order)) return refused(order, 'not_redrivable');
        const letter = await tx
          .updateTable('dead_letters')
          .set({ state: 'redriving', redriven_by: actorJson(actor), updated_at: sql<Date>`now()` })
          .where('id', '=', deadLetterId)
          .where('order_id', '=', orderId)
          .where('state', '=', 'open')
          .returning('id')
          .executeTakeFirst();
        if (letter === undefined) return refused(order, 'superseded');
        await moveOrder(tx, orderId, { to: 'pending', event: 'order.redriven', actor, set: { owner, failure: null } });
        return ADMITTED;
      });
    },

    async takeOverToCancel({ orderId, owner }, reason) {
      return inTransaction(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (order?.owner === owner) return ADMITTED;
        if (order?.status === 'cancelled') return refused(order, 'already_cancelled');
        if (order?.status !== 'confirmed' || order.shipping) return refused(order, 'not_cancellable');
        const set = { owner, cancel_requested: true, cancel_reason: reason };
        const actor = cancelledBy(orderId, reason);
        await moveOrder(tx, orderId, { to: 'cancelling', event: 'order.cancelling', actor, set });
        return ADMITTED;
      });
    },

    async takeOverToRecover(order, owner) {
      await placeOrder(database, order, owner);
      return inTransaction(async (tx) => {
        const locked = await lockOrder(tx, order.orderId);
        if (locked === undefined) return { kind: 'superseded' };
        await setOwner(tx, { orderId: order.orderId, owner });
        const begun = endingOf(locked);
        if (begun !== undefined && !isSettled(locked.status)) return { kind: 'undoing', ending: begun };
        const requested = isCancellable(locked.status) ? await requestedCancel(tx, order.orderId, locked) : undefined;
        if (requested !== undefined) return { kind: 'undoing', ending: requested };
        return { kind: isSettled(locked.status) ? 'ended' : 'open' };
      });
    },
  };
}

/** Regardless of its dead letter: after a decline or a refusal, an order is final. */
function isRedrivable({ failure }: LockedOrder): boolean {
  return failure !== null && REDRIVABLE[failure.reason] !== undefined;
}

/** A failure that only faults caused can be redriven; every other ending needs no person. */
async function closeDeadLetters(tx: Tx, orderId: string, ending: Undone): Promise<void> {
  const kind = ending.status === 'failed' ? REDRIVABLE[ending.failure.reason] : undefined;
  const over = RUN_LETTERS.filter((other) => other !== kind);
  const resolution = `the order is ${ending.status}`;
  await resolveDeadLetters(tx, orderId, over, resolution);
  // Except that of a requested refund, which continues on its own.
  await resolveDeadLetters(tx, orderId, ['compensation'], resolution, { subject: '' });
  if (kind === undefined || ending.status !== 'failed') return;
  const { step, reason, detail } = ending.failure;
  const attempts = kind === 'charge' ? await triesOf(tx, orderId) : 0;
  await openDeadLetter(tx, { orderId, kind, step, errorClass: reason, lastError: detail, attempts });
}

/** How often any run of the order has sent a charge. */
async function triesOf(tx: Tx, orderId: string): Promise<number> {
  const { tries } = await tx
    .selectFrom('payment_attempts')
    .select(sql<number>`coalesce(sum(tries), 0)::int`.as('tries'))
    .where('order_id', '=', orderId)
    .executeTakeFirstOrThrow();
  return tries;
}

function refused(order: LockedOrder | undefined, code: AdmissionRefusal): Admission {
  const status: OrderStatus | null = order?.status ?? null;
  return { kind: 'refused', code: order === undefined ? 'not_found' : code, status };
}

function actorOf(orderId: string, ending: Undone): EventActor {
  return ending.status === 'cancelled' ? cancelledBy(orderId, ending.reason) : null;
}

function columnsOf(ending: Undone): NonNullable<Move['set']> {
  return ending.status === 'failed'
    ? { failure: JSON.stringify(ending.failure) }
    : { cancel_reason: ending.reason, cancel_requested: true };
}

async function setOwner(tx: Tx, { orderId, owner }: OrderRun): Promise<void> {
  await tx.updateTable('orders').set({ owner }).where('order_id', '=', orderId).execute();
}
