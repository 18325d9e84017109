import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { ReservationStore } from '../../../src/activities/inventory.js';
import type { OrderStore } from '../../../src/activities/orders.js';
import type { RefundStore } from '../../../src/activities/refunds.js';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { createOrderStore } from '../../../src/adapters/postgres/orders/order-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import { stockTrouble } from '../../support/end-state.js';
import { createOrderRows, type OrderRows } from '../../support/order-rows.js';
import { CALL, createPayingOrders, type PayingOrders } from '../../support/paying-orders.js';
import { asked, keyOf, REFUNDED, REFUSED } from '../../support/refund-cases.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let paying: PayingOrders;
let rows: OrderRows;
let orders: OrderStore;
let refunds: RefundStore;
let reservations: ReservationStore;
beforeAll(async () => {
  stack = await startStack();
  paying = createPayingOrders(stack.database);
  rows = createOrderRows(stack.database);
  orders = createOrderStore(stack.database);
  refunds = createRefundStore(stack.database);
  reservations = createReservationStore(stack.database);
});
afterAll(async () => {
  expect(await stockTrouble(stack)).toEqual([]);
  await stack?.close();
});

const TOTAL = 3_998;
const ADMITTED = { kind: 'admitted' };
const refused = (code: string, status = 'confirmed') => ({ kind: 'refused', code, status });

/** An order of two product-A that was paid. */
async function confirmed() {
  const { run, order, capture } = await paying.sent();
  await createChargeStore(stack.database).captured(run, 1, capture, CALL);
  return { run, order, orderId: order.orderId };
}
const back = (orderId: string, name: string, amountMinor?: number) => ({
  ...asked(orderId, name, amountMinor),
  restock: true,
});
const heldOf = async (orderId: string) => (await paying.traces(orderId)).held.map(({ state }) => state);
const movesOf = async (orderId: string) => (await paying.traces(orderId)).moves;

describe('a refund that brings the goods back', () => {
  test.each([1, TOTAL - 1])('is refused when it gives back %d of all that was paid', async (amount) => {
    const { orderId } = await confirmed();
    expect(await refunds.openRefund(back(orderId, 'part', amount))).toEqual(refused('restock_needs_full_refund'));
    expect(await rows.refunds(orderId)).toEqual([]);
    expect(await heldOf(orderId)).toEqual(['committed']);
  });

  test('is taken when it gives back all that earlier refunds have left, whether it names the amount or not', async () => {
    for (const amount of [TOTAL - 1_000, undefined]) {
      const { orderId } = await confirmed();
      await refunds.openRefund(asked(orderId, 'part', 1_000));
      expect(await refunds.openRefund(back(orderId, 'less', TOTAL - 1_001))).toEqual(
        refused('restock_needs_full_refund'),
      );
      const rest = back(orderId, 'rest', amount);
      expect(await refunds.openRefund(rest)).toEqual(ADMITTED);
      await reservations.restockOrder({ orderId, refundId: rest.refundId });
      expect(await heldOf(orderId)).toEqual(['committed']);
      await refunds.record(keyOf(rest), REFUNDED, 1);
      await Promise.all([1, 2, 3].map(() => reservations.restockOrder({ orderId, refundId: rest.refundId })));
      expect(await heldOf(orderId)).toEqual(['restocked']);
      expect(await movesOf(orderId)).toEqual(['reserve', 'commit', 'restock']);
    }
  });

  test('is refused when another one brings them back, until that one has failed', async () => {
    const { orderId } = await confirmed();
    const first = back(orderId, 'first');
    await refunds.openRefund(first);
    expect(await refunds.openRefund(back(orderId, 'second'))).toEqual(refused('goods_returned'));
    expect(await refunds.openRefund(first)).toEqual(ADMITTED);
    await refunds.record(keyOf(first), REFUSED, 1);
    expect(await refunds.openRefund(back(orderId, 'third'))).toEqual(ADMITTED);
  });

  test('is refused when they are back, even if the bank took the first refund back; the money alone may go again', async () => {
    const { orderId } = await confirmed();
    const first = back(orderId, 'first');
    await refunds.openRefund(first);
    await refunds.record(keyOf(first), REFUNDED, 1);
    await reservations.restockOrder({ orderId, refundId: first.refundId });
    await stack.database.kysely
      .updateTable('refunds')
      .set({ state: 'failed' })
      .where('order_id', '=', orderId)
      .execute();
    expect(await refunds.openRefund(back(orderId, 'second'))).toEqual(refused('goods_returned'));
    expect(await refunds.openRefund(asked(orderId, 'money'))).toEqual(ADMITTED);
  });
});

describe('goods that are back, or may yet come back', () => {
  test('are not shipped while their refund is under way, nor after it', async () => {
    const { orderId } = await confirmed();
    const refund = back(orderId, 'all');
    await refunds.openRefund(refund);
    expect(await orders.completeOrder(orderId)).toEqual(refused('goods_returned'));
    await refunds.record(keyOf(refund), { kind: 'ambiguous', reason: 'timeout' }, 1);
    expect(await orders.completeOrder(orderId)).toEqual(refused('goods_returned'));
    await refunds.record(keyOf(refund), REFUNDED, 1);
    expect(await orders.completeOrder(orderId)).toEqual(refused('goods_returned'));
    await reservations.restockOrder({ orderId, refundId: refund.refundId });
    expect(await orders.completeOrder(orderId)).toEqual(refused('goods_returned'));
    expect(await rows.order(orderId)).toMatchObject({ status: 'confirmed' });
  });

  test('are shipped once their refund was refused and given up, and then never put back by it', async () => {
    const { orderId } = await confirmed();
    const refund = back(orderId, 'all');
    await refunds.openRefund(refund);
    await refunds.record(keyOf(refund), REFUSED, 1);
    // A redrive could still bring them back.
    expect(await orders.completeOrder(orderId)).toEqual(refused('goods_returned'));
    await stack.database.kysely
      .updateTable('dead_letters')
      .set({ state: 'discarded' })
      .where('order_id', '=', orderId)
      .execute();
    expect(await orders.completeOrder(orderId)).toEqual(ADMITTED);

    await refunds.record(keyOf(refund), REFUNDED, 1);
    expect(await rows.refunds(orderId)).toMatchObject([{ state: 'succeeded', restock: false }]);
    await reservations.restockOrder({ orderId, refundId: refund.refundId });
    expect(await heldOf(orderId)).toEqual(['committed']);
  });

  test('do not come back a second time when the order is cancelled', async () => {
    const { orderId, run } = await confirmed();
    const refund = back(orderId, 'all');
    await refunds.openRefund(refund);
    await refunds.record(keyOf(refund), REFUNDED, 1);
    await reservations.restockOrder({ orderId, refundId: refund.refundId });
    const cancel = { ...run, owner: 'cancel' };
    expect(await orders.takeOverToCancel(cancel, 'no')).toEqual(ADMITTED);
    await Promise.all([
      reservations.releaseInventory(cancel),
      reservations.restockOrder({ orderId, refundId: refund.refundId }),
    ]);
    expect(await movesOf(orderId)).toEqual(['reserve', 'commit', 'restock']);
  });

  test('come back after they were shipped, as a return', async () => {
    const { orderId } = await confirmed();
    await orders.completeOrder(orderId);
    const refund = back(orderId, 'all');
    expect(await refunds.openRefund(refund)).toEqual(ADMITTED);
    await refunds.record(keyOf(refund), REFUNDED, 1);
    await reservations.restockOrder({ orderId, refundId: refund.refundId });
    expect(await heldOf(orderId)).toEqual(['restocked']);
    expect(await orders.completeOrder(orderId)).toEqual(ADMITTED);
  });
});

test('a fulfillment, a cancel and refunds of the goods at once: nothing is shipped that comes back from the shelf', async () => {
  // What the order was when its refund was written down.
  await stack.database.pool.query(
    `create table opened (refund_id text, status text);
     create function note_opening() returns trigger language plpgsql as $$ begin
       insert into opened select new.refund_id, o.status from orders o where o.order_id = new.order_id;
       return new;
     end $$;
     create trigger note_opening after insert on refunds for each row execute function note_opening()`,
  );
  const endings = new Set<string>();
  for (let round = 0; round < 30; round += 1) {
    const { orderId, run } = await confirmed();
    const asks = [
      () => orders.completeOrder(orderId),
      () => refunds.openRefund(back(orderId, 'one')),
      () => refunds.openRefund(back(orderId, 'other')),
      ...(round % 2 === 0 ? [] : [() => orders.takeOverToCancel({ ...run, owner: 'cancel' }, 'no')]),
    ];
    const turned = [...asks.slice(round % asks.length), ...asks.slice(0, round % asks.length)];
    await Promise.all(turned.map((ask) => ask()));
    const { rows: opened } = await stack.database.pool.query<{ status: string }>(
      'select o.status from opened o join refunds using (refund_id) where order_id = $1',
      [orderId],
    );
    const { status } = await rows.order(orderId);
    expect(opened.length).toBeLessThan(2);
    endings.add(`${status}, goods asked back when ${opened[0]?.status ?? 'never'}`);
  }
  expect([...endings].filter((ending) => !POSSIBLE.includes(ending))).toEqual([]);
  expect(endings.size).toBeGreaterThan(1);
});

const POSSIBLE = [
  'confirmed, goods asked back when confirmed',
  'completed, goods asked back when completed',
  'cancelling, goods asked back when confirmed',
  'cancelling, goods asked back when never',
];
