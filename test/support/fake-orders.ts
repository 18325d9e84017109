import type { OrderStore } from '../../src/activities/orders.js';
import { RUN_LETTERS } from '../../src/domain/dead-letter.js';
import { REDRIVABLE } from '../../src/domain/failure.js';
import { isCancellable, isSettled, type OrderRun, type Undone } from '../../src/domain/order.js';
import type { Admission, AdmissionRefusal } from '../../src/domain/outcomes.js';
import { mayShip } from '../../src/domain/returns.js';
import type { FakeOrder, FakeTables } from './fake-tables.js';

const ADMITTED: Admission = { kind: 'admitted' };

/** The rows of orders in memory. */
export function createFakeOrders({
  orders,
  letters,
  place,
  move,
  returnsOf,
  openLetter,
  resolveLetters,
}: FakeTables): OrderStore {
  const owned = ({ orderId, owner }: OrderRun): FakeOrder | undefined => {
    const found = orders.get(orderId);
    return found?.owner === owner ? found : undefined;
  };

  return {
    async noteCancel({ orderId }, reason) {
      const found = orders.get(orderId);
      if (found === undefined || !isCancellable(found.status)) return;
      found.cancelRequested = true;
      found.cancelReason ??= reason;
    },

    async beginUndo({ order, owner, ending: asked }) {
      const found = place(order, owner);
      if (found.owner !== owner) return { kind: 'superseded' };
      if (found.undoing !== undefined) return { kind: 'open', ending: found.undoing };
      const ending = asked.status === 'failed' ? (requestedOf(found) ?? asked) : asked;
      if (ending.status === 'cancelled') found.cancelRequested = true;
      const to = ending.status === 'failed' ? 'compensating' : 'cancelling';
      if (found.status === 'in_review') return { kind: 'open', ending };
      if (found.status === to || move(found, to)) {
        found.undoing = ending;
        return { kind: 'open', ending };
      }
      return { kind: found.status === 'confirmed' ? 'confirmed' : 'superseded' };
    },

    async end(run, ending) {
      const found = owned(run);
      if (found === undefined || found.status === ending.status) return;
      const { status } = found;
      if (!move(found, ending.status)) throw new Error(`cannot go from ${status} to ${ending.status}`);
      found.ending = ending;
      resolveLetters(run.orderId, [...RUN_LETTERS, 'compensation']);
      if (ending.status !== 'failed') return;
      const { reason, step, detail } = ending.failure;
      const kind = REDRIVABLE[reason];
      if (kind) openLetter({ orderId: run.orderId, kind, step, errorClass: reason, lastError: detail });
    },

    async complete(orderId) {
      const found = orders.get(orderId);
      if (found?.status === 'completed') return ADMITTED;
      if (found?.status !== 'confirmed') return refused(found, 'not_fulfillable');
      if (requestedOf(found)) return refused(found, 'not_fulfillable');
      if (!mayShip(returnsOf(found))) return refused(found, 'goods_returned');
      for (const refund of found.refunds) refund.restock = false;
      move(found, 'completed');
      return ADMITTED;
    },

    async takeOverToRedrive(run, deadLetterId) {
      if (owned(run)) return ADMITTED;
      const found = orders.get(run.orderId);
      if (found?.ending?.status !== 'failed') return refused(found, 'not_redrivable');
      if (REDRIVABLE[found.ending.failure.reason] === undefined) return refused(found, 'not_redrivable');
      const letter = letters.find(({ id, orderId }) => id === deadLetterId && orderId === run.orderId);
      if (letter?.state !== 'open') return refused(found, 'superseded');
      letter.state = 'redriving';
      found.owner = run.owner;
      delete found.ending;
      delete found.undoing;
      move(found, 'pending');
      return ADMITTED;
    },

    async takeOverToCancel(run) {
      if (owned(run)) return ADMITTED;
      const found = orders.get(run.orderId);
      if (found?.status === 'cancelled') return refused(found, 'already_cancelled');
      if (found?.status !== 'confirmed') return refused(found, 'not_cancellable');
      found.owner = run.owner;
      found.cancelRequested = true;
      move(found, 'cancelling');
      return ADMITTED;
    },

    async takeOverToRecover(order, owner) {
      const found = place(order, owner);
      found.owner = owner;
      if (found.undoing !== undefined && !isSettled(found.status)) return { kind: 'undoing', ending: found.undoing };
      if (found.status === 'cancelling') {
        return { kind: 'undoing', ending: { status: 'cancelled', reason: 'cancelled' } };
      }
      const requested = isCancellable(found.status) ? requestedOf(found) : undefined;
      if (requested !== undefined) return { kind: 'undoing', ending: requested };
      return { kind: isSettled(found.status) ? 'ended' : 'open' };
    },
  };
}

/** What an order is to end as whose cancel was accepted. */
export function requestedOf({ cancelReason }: FakeOrder): Undone | undefined {
  return cancelReason === undefined ? undefined : { status: 'cancelled', reason: cancelReason };
}

function refused(found: FakeOrder | undefined, code: AdmissionRefusal): Admission {
  return { kind: 'refused', code: found === undefined ? 'not_found' : code, status: found?.status ?? null };
}
