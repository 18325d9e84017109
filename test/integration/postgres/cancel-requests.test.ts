import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { acceptCancel } from '../../../src/adapters/postgres/orders/cancel-requests.js';
import { createOrderReader } from '../../../src/adapters/postgres/orders/order-reader.js';
import { createOrderStore } from '../../../src/adapters/postgres/orders/order-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import type { AcceptedOrder, OrderStatus, Undone } from '../../../src/domain/order.js';
import { stockTrouble, trailOf } from '../../support/end-state.js';
import { anOrder } from '../../support/orders.js';
import { orderRow, stockRow, whileLocked } from '../../support/row-locks.js';
import { startStack, type Stack } from '../../support/stack.js';

const CALL = { latencyMs: 1 };
const TTL_MS = 60_000;
const REASON = 'asked by phone';
const CANCELLED: Undone = { status: 'cancelled', reason: REASON };
const DECLINED: Undone = {
  status: 'failed',
  failure: { step: 'charge', reason: 'payment_declined', detail: 'card_declined' },
};

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());

const cancel = (orderId: string, reason = REASON) => acceptCancel(stack.database, { orderId, reason });
const charges = () => createChargeStore(stack.database);
const orders = () => createOrderStore(stack.database);
const reserve = (order: AcceptedOrder) =>
  createReservationStore(stack.database).reserveInventory({ order, owner: 'run-1', ttlMs: TTL_MS });
const runOf = ({ orderId }: AcceptedOrder) => ({ orderId, owner: 'run-1' });
const capture = (order: AcceptedOrder, owner = 'run-1') => {
  const captured = { kind: 'captured', reference: 'ch_1', amountMinor: order.totalMinor, currency: 'EUR' } as const;
  return charges().captured({ orderId: order.orderId, owner }, 1, captured, CALL);
};
const rowOf = async ({ orderId }: AcceptedOrder) => {
  const row = await createOrderReader(stack.database).find(orderId);
  return row && { status: row.status, cancelRequested: row.cancelRequested, cancelReason: row.cancelReason };
};
const requestOf = ({ orderId }: AcceptedOrder) =>
  stack.database.kysely.selectFrom('cancel_requests').select('reason').where('order_id', '=', orderId).execute();

/** An order whose charge is being sent. */
async function charging(): Promise<AcceptedOrder> {
  const order = anOrder();
  await reserve(order);
  expect(await charges().claim(runOf(order), 0, TTL_MS)).toMatchObject({ kind: 'send' });
  return order;
}

async function confirmed(): Promise<AcceptedOrder> {
  const order = await charging();
  expect(await capture(order)).toEqual({ kind: 'confirmed' });
  return order;
}

const setStatus = (order: AcceptedOrder, status: OrderStatus) =>
  stack.database.pool.query(
    `update orders set status = $2, failure = case when $2 in ('failed', 'compensating') then $3::jsonb end
     where order_id = $1`,
    [order.orderId, status, JSON.stringify(DECLINED.status === 'failed' ? DECLINED.failure : {})],
  );

async function expectNeverConfirmed(order: AcceptedOrder): Promise<void> {
  expect(await rowOf(order)).toEqual({ status: 'cancelling', cancelRequested: true, cancelReason: REASON });
  expect(await trailOf(stack, order.orderId)).toEqual(['order.created', 'inventory.reserved', 'order.cancelling']);
  const { kysely } = stack.database;
  expect(await kysely.selectFrom('payments').where('order_id', '=', order.orderId).execute()).toEqual([]);
  const held = kysely.selectFrom('reservations').select('state').where('order_id', '=', order.orderId);
  expect(await held.execute()).toEqual([{ state: 'active' }]);
  expect(await stockTrouble(stack)).toEqual([]);
}

describe('a capture', () => {
  test('R13: of an order whose cancel was accepted moves it to cancelling, and confirms nothing', async () => {
    const order = await charging();
    expect(await cancel(order.orderId)).toEqual({ kind: 'accepted', reason: REASON, status: 'reserved' });
    expect(await rowOf(order)).toEqual({ status: 'reserved', cancelRequested: true, cancelReason: REASON });
    const outcomes = await Promise.all([capture(order), capture(order), capture(order)]);
    for (const outcome of outcomes) expect(outcome).toEqual({ kind: 'undoing', ending: CANCELLED });
    await expectNeverConfirmed(order);
  });

  test('R38: that has waited for the row while a cancel was accepted confirms nothing', async () => {
    const order = await charging();
    const answers = await whileLocked<unknown>(stack, orderRow(order.orderId), [
      () => cancel(order.orderId),
      () => capture(order),
    ]);
    expect(answers).toEqual([
      { kind: 'accepted', reason: REASON, status: 'reserved' },
      { kind: 'undoing', ending: CANCELLED },
    ]);
    await expectNeverConfirmed(order);
  });

  test('R38: that is first confirms the order, and the cancel that waited for it is of a confirmed order', async () => {
    const order = await charging();
    const answers = await whileLocked<unknown>(stack, orderRow(order.orderId), [
      () => capture(order),
      () => cancel(order.orderId),
    ]);
    expect(answers).toEqual([{ kind: 'confirmed' }, { kind: 'accepted', reason: REASON, status: 'confirmed' }]);
  });

  test('R38: of a cancelled order whose amount is wrong is undone like any other', async () => {
    const order = await charging();
    await cancel(order.orderId);
    const short = { kind: 'captured', reference: 'ch_1', amountMinor: 1, currency: 'EUR' } as const;
    const outcome = await charges().captured(runOf(order), 1, short, CALL);
    expect(outcome).toEqual({ kind: 'undoing', ending: CANCELLED });
  });

  test('R38: for a run that lost the order changes nothing of it, and its money is left to the owner', async () => {
    const order = await charging();
    await cancel(order.orderId);
    await orders().takeOverToRecover(order, 'recovery');
    expect(await capture(order)).toEqual({ kind: 'superseded' });
    expect(await rowOf(order)).toMatchObject({ status: 'reserved' });
    expect(await orders().beginUndo({ order, owner: 'recovery', ending: CANCELLED })).toMatchObject({ kind: 'open' });
  });

  test('R38: for thirty orders at once, each with a cancel, confirms those whose capture was first and no other', async () => {
    const all = await Promise.all(Array.from({ length: 30 }, () => charging()));
    await Promise.all(
      all.map(async (order, index) => {
        const first = index % 2 === 0 ? () => cancel(order.orderId) : () => capture(order);
        const second = index % 2 === 0 ? () => capture(order) : () => cancel(order.orderId);
        const results = await Promise.all([first(), second()]);
        const accepted = results.find((result) => result.kind === 'accepted');
        const wasFirst = accepted?.kind === 'accepted' && accepted.status === 'reserved';
        expect(results.some(({ kind }) => kind === (wasFirst ? 'undoing' : 'confirmed'))).toBe(true);
        const trail = await trailOf(stack, order.orderId);
        expect(trail.includes('order.confirmed')).toBe(!wasFirst);
      }),
    );
  });
});

describe('a cancel that is accepted before its order has a row', () => {
  test('R12: lets no charge be sent', async () => {
    const order = anOrder();
    expect(await cancel(order.orderId)).toEqual({ kind: 'accepted', reason: REASON, status: null });
    expect(await createOrderReader(stack.database).cancelReason(order.orderId)).toBe(REASON);
    expect(await reserve(order)).toEqual({ kind: 'reserved' });
    const claim = await charges().claim(runOf(order), 0, TTL_MS);
    expect(claim).toEqual({ kind: 'answered', outcome: { kind: 'undoing', ending: CANCELLED } });
  });

  test('R38: and while that row is being written holds for every later step', async () => {
    for (const later of ['claim', 'undo', 'recovery'] as const) {
      const order = anOrder();
      await whileLocked(stack, stockRow('product-A'), [() => reserve(order)], async () =>
        expect(await cancel(order.orderId)).toEqual({ kind: 'accepted', reason: REASON, status: null }),
      );
      // The row does not know of it.
      expect(await rowOf(order)).toMatchObject({ status: 'reserved', cancelRequested: false });
      const undoing = { kind: 'undoing', ending: CANCELLED };
      const answers = {
        claim: async () =>
          expect(await charges().claim(runOf(order), 0, TTL_MS)).toEqual({ kind: 'answered', outcome: undoing }),
        undo: async () =>
          expect(await orders().beginUndo({ order, owner: 'run-1', ending: DECLINED })).toEqual({
            kind: 'open',
            ending: CANCELLED,
          }),
        recovery: async () => expect(await orders().takeOverToRecover(order, 'recovery')).toEqual(undoing),
      };
      await answers[later]();
    }
  });

  test('R38: is noted in a row that appears while it is being kept', async () => {
    const order = anOrder();
    const text = 'insert into cancel_requests (order_id, reason) values ($1, $2)';
    const lock = { text, values: [order.orderId, REASON] };
    const answers = await whileLocked(stack, lock, [() => cancel(order.orderId)], () => reserve(order));
    expect(answers).toEqual([{ kind: 'accepted', reason: REASON, status: 'reserved' }]);
    expect(await rowOf(order)).toEqual({ status: 'reserved', cancelRequested: true, cancelReason: REASON });
  });

  test('R38: and that never reached the row stops the capture of a charge that was sent before', async () => {
    const order = await charging();
    await stack.database.kysely
      .insertInto('cancel_requests')
      .values({ order_id: order.orderId, reason: REASON })
      .execute();
    expect(await capture(order)).toEqual({ kind: 'undoing', ending: CANCELLED });
    await expectNeverConfirmed(order);
  });
});

test('R38: of many cancels of one order at once one reason is kept, and all are accepted with it', async () => {
  for (const order of [anOrder(), await charging()]) {
    const decisions = await Promise.all([1, 2, 3, 4, 5].map((n) => cancel(order.orderId, `reason ${n}`)));
    const [request] = await requestOf(order);
    for (const decision of decisions) expect(decision).toMatchObject({ kind: 'accepted', reason: request?.reason });
  }
});

test.each(['completed', 'failed', 'compensating', 'cancelling', 'cancelled'] as const)(
  'R38: a cancel of a %s order is refused and leaves nothing behind',
  async (status) => {
    const order = await charging();
    await setStatus(order, status);
    expect(await cancel(order.orderId)).toEqual({ kind: 'refused', status });
    expect(await requestOf(order)).toEqual([]);
    expect(await rowOf(order)).toMatchObject({ cancelRequested: false, cancelReason: null });
  },
);

describe('an accepted cancel', () => {
  test('R38: makes the undo of a declined order that had not begun end it as cancelled', async () => {
    const order = await charging();
    await cancel(order.orderId);
    const opening = await orders().beginUndo({ order, owner: 'run-1', ending: DECLINED });
    expect(opening).toEqual({ kind: 'open', ending: CANCELLED });
    expect(await rowOf(order)).toMatchObject({ status: 'cancelling' });
  });

  test('R38: of a confirmed order forbids its fulfillment, and a recovery carries it out', async () => {
    const order = await confirmed();
    expect(await cancel(order.orderId)).toMatchObject({ status: 'confirmed' });
    expect(await orders().completeOrder(order.orderId)).toMatchObject({ kind: 'refused', code: 'not_fulfillable' });
    const standing = await orders().takeOverToRecover(order, 'recovery');
    expect(standing).toEqual({ kind: 'undoing', ending: CANCELLED });
    expect(await orders().beginUndo({ order, owner: 'recovery', ending: CANCELLED })).toMatchObject({ kind: 'open' });
    expect(await rowOf(order)).toMatchObject({ status: 'cancelling', cancelReason: REASON });
  });

  test('R38: and a concurrent fulfillment: one of the two wins', async () => {
    const all = await Promise.all(Array.from({ length: 12 }, () => confirmed()));
    for (const order of all) {
      const [decision, admission] = await Promise.all([cancel(order.orderId), orders().completeOrder(order.orderId)]);
      expect(decision.kind === 'accepted').toBe(admission.kind === 'refused');
    }
  });

  test('R27: a recovery of a confirmed order that only the note of an older version calls cancelled leaves it', async () => {
    const order = await confirmed();
    await stack.database.pool.query('update orders set cancel_requested = true where order_id = $1', [order.orderId]);
    expect(await orders().takeOverToRecover(order, 'recovery')).toEqual({ kind: 'ended' });
    expect(await orders().completeOrder(order.orderId)).toEqual({ kind: 'admitted' });
  });
});
