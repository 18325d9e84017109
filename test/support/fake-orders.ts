import type { OrderStore } from '../../src/activities/orders.js';
import { RUN_LETTERS } from '../../src/domain/dead-letter.js';
import { REDRIVABLE } from '../../src/domain/failure.js';
import { isCancellable, isSettled, type OrderRun, type Undone } from '../../src/domain/order.js';
import { areUnshipped, unshippedOf } from '../../src/domain/fulfilment.js';
import { isChangeable } from '../../src/domain/order-change.js';
import type { Admission, AdmissionRefusal } from '../../src/domain/outcomes.js';
import { mayShip } from '../../src/domain/returns.js';
import type { FakeOrder, FakeTables } from './fake-tables.js';

const ADMITTED: Admission = { kind: 'admitted' };

/** The rows of orders in memory. */
export function createFakeOrders({
  orders,
  letters,
  cancels,
  place,
  move,
  returnsOf,
  requestedOf,
  isPastItsTime,
  openLetter,
  resolveLetters,
}: FakeTables): OrderStore {
  const owned = ({ orderId, owner }: OrderRun): FakeOrder | undefined => {
    const found = orders.get(orderId);
    return found?.owner === owner ? found : undefined;
  };

  const inTime = (found: FakeOrder, run: OrderRun, asked: Undone): Undone => {
    const isUnpaid = asked.status === 'failed' && asked.failure.reason === 'payment_unavailable';
    if (!isUnpaid || !isPastItsTime(found, run)) return asked;
    const detail = 'the time to pay was over before the order was paid';
    return { status: 'failed', failure: { step: 'charge', reason: 'expired', detail } };
  };

  return {
    async noteCancel({ orderId }, reason) {
      const found = orders.get(orderId);
      if (found !== undefined && (!isCancellable(found.status) || found.fulfilments.length > 0)) return;
      if (!cancels.has(orderId)) cancels.set(orderId, reason);
      if (found === undefined || found.cancelRequested) return;
      found.cancelRequested = true;
      found.cancelReason = cancels.get(orderId) ?? reason;
    },

    async beginUndo({ order, owner, ending: asked }) {
      const found = place(order, owner);
      if (found.owner !== owner) return { kind: 'superseded' };
      if (found.undoing !== undefined) return { kind: 'open', ending: found.undoing };
      const requested = asked.status === 'failed' ? requestedOf(found) : undefined;
      const ending = requested ?? inTime(found, { orderId: order.orderId, owner }, asked);
      if (found.status === 'in_review') return { kind: 'open', ending };
      const to = ending.status === 'failed' ? 'compensating' : 'cancelling';
      if (!move(found, to)) return { kind: found.status === 'confirmed' ? 'confirmed' : 'superseded' };
      beginsToEnd(found, ending);
      return { kind: 'open', ending };
    },

    async endOrder(run, ending) {
      const found = owned(run);
      if (found === undefined || found.status === ending.status) return;
      const { orderId } = run;
      const { status } = found;
      if (!move(found, ending.status)) throw new Error(`cannot go from ${status} to ${ending.status}`);
      found.ending = ending;
      beginsToEnd(found, ending);
      const kind = ending.status === 'failed' ? REDRIVABLE[ending.failure.reason] : undefined;
      resolveLetters(
        orderId,
        RUN_LETTERS.filter((other) => other !== kind),
      );
      resolveLetters(orderId, ['compensation'], '');
      if (kind === undefined || ending.status !== 'failed') return;
      const { reason, step, detail } = ending.failure;
      openLetter({ orderId, kind, step, errorClass: reason, lastError: detail });
    },

    async completeOrder(orderId) {
      const found = orders.get(orderId);
      if (found?.status === 'completed') return ADMITTED;
      if (found?.status !== 'confirmed') return refused(found, 'not_fulfillable');
      if (requestedOf(found)) return refused(found, 'not_fulfillable');
      if (!mayShip(returnsOf(found))) return refused(found, 'goods_returned');
      for (const refund of found.refunds) refund.restock = false;
      if (found.fulfilments.length > 0) {
        const items = unshippedOf(found.order.lines, found.fulfilments);
        found.fulfilments.push({ id: `rest-${orderId}`, fingerprint: '', items });
      }
      move(found, 'completed');
      return ADMITTED;
    },

    async createFulfilment({ orderId, fulfilmentId, fingerprint, items: asked }) {
      const found = orders.get(orderId);
      const known = found?.fulfilments.find(({ id }) => id === fulfilmentId);
      if (known !== undefined) {
        return known.fingerprint === fingerprint ? ADMITTED : refused(found, 'idempotency_conflict');
      }
      if (found?.status !== 'confirmed' || requestedOf(found)) return refused(found, 'not_fulfillable');
      if (!mayShip(returnsOf(found))) return refused(found, 'goods_returned');
      const unshipped = unshippedOf(found.order.lines, found.fulfilments);
      const items = asked ?? unshipped;
      if (!areUnshipped(items, unshipped)) return refused(found, 'exceeds_unshipped');
      for (const refund of found.refunds) refund.restock = false;
      found.fulfilments.push({ id: fulfilmentId, fingerprint, items });
      found.version += 1;
      if (unshippedOf(unshipped, [{ items }]).length === 0) move(found, 'completed');
      return ADMITTED;
    },

    async amendOrder({ orderId, changeId, expected, changes }) {
      const found = orders.get(orderId);
      if (found === undefined) throw new Error(`order ${orderId} has no row yet`);
      if (found.changes.includes(changeId)) return ADMITTED;
      if (expected !== undefined && !expected.includes(found.version)) return refused(found, 'stale');
      if (!isChangeable(found.status) || found.cancelRequested || found.fulfilments.length > 0)
        return refused(found, 'not_changeable');
      const { metadata = found.order.metadata } = changes;
      found.order = { ...found.order, metadata };
      found.changes.push(changeId);
      found.version += 1;
      return ADMITTED;
    },

    async takeOverToRedrive(run, deadLetterId) {
      if (owned(run)) return ADMITTED;
      const found = orders.get(run.orderId);
      if (found?.status !== 'failed' || !isRedrivable(found)) return refused(found, 'not_redrivable');
      const letter = letters.find(({ id, orderId }) => id === deadLetterId && orderId === run.orderId);
      if (letter?.state !== 'open') return refused(found, 'superseded');
      letter.state = 'redriving';
      found.owner = run.owner;
      delete found.ending;
      delete found.undoing;
      move(found, 'pending');
      return ADMITTED;
    },

    async takeOverToCancel(run, reason) {
      if (owned(run)) return ADMITTED;
      const found = orders.get(run.orderId);
      if (found?.status === 'cancelled') return refused(found, 'already_cancelled');
      if (found?.status !== 'confirmed' || found.fulfilments.length > 0) return refused(found, 'not_cancellable');
      found.owner = run.owner;
      move(found, 'cancelling');
      beginsToEnd(found, { status: 'cancelled', reason });
      return ADMITTED;
    },

    async takeOverToRecover(order, owner) {
      const found = place(order, owner);
      found.owner = owner;
      if (found.undoing !== undefined && !isSettled(found.status)) return { kind: 'undoing', ending: found.undoing };
      const requested = isCancellable(found.status) ? requestedOf(found) : undefined;
      if (requested !== undefined) return { kind: 'undoing', ending: requested };
      return { kind: isSettled(found.status) ? 'ended' : 'open' };
    },
  };
}

function beginsToEnd(found: FakeOrder, ending: Undone): void {
  found.undoing = ending;
  if (ending.status === 'failed') return;
  found.cancelRequested = true;
  found.cancelReason = ending.reason;
}

/** After a decline or a refusal an order is final. */
function isRedrivable({ ending }: FakeOrder): boolean {
  return ending?.status === 'failed' && REDRIVABLE[ending.failure.reason] !== undefined;
}

function refused(found: FakeOrder | undefined, code: AdmissionRefusal): Admission {
  return { kind: 'refused', code: found === undefined ? 'not_found' : code, status: found?.status ?? null };
}
