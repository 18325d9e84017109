import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { createOrderStore } from '../../../src/adapters/postgres/orders/order-store.js';
import { createRefundStore } from '../../../src/adapters/postgres/money/refund-store.js';
import { createReservationStore } from '../../../src/adapters/postgres/orders/reservation-store.js';
import type { AcceptedOrder, Undone } from '../../../src/domain/order.js';
import { stockTrouble } from '../../support/end-state.js';
import { anOrder } from '../../support/orders.js';
import { startStack, type Stack } from '../../support/stack.js';

const CALL = { latencyMs: 1 };
const HOUR_MS = 3_600_000;
const unpaid: Undone = {
  status: 'failed',
  failure: { step: 'charge', reason: 'payment_unavailable', detail: 'the order was interrupted before it was paid' },
};

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());

const stores = () => ({
  orders: createOrderStore(stack.database),
  charges: createChargeStore(stack.database),
  reservations: createReservationStore(stack.database),
});
const reservationsOf = (orderId: string) =>
  stack.database.kysely
    .selectFrom('reservations')
    .select(['sku', 'state'])
    .where('order_id', '=', orderId)
    .orderBy('sku')
    .execute();
const movementsOf = (orderId: string) =>
  stack.database.kysely
    .selectFrom('stock_movements')
    .select(['kind', 'reason', 'reserved_delta'])
    .where('order_id', '=', orderId)
    .orderBy('id')
    .execute();

/** An order of two products whose stock was held for `ttlMs`: less than nothing is a time that is over. */
async function reserved(ttlMs: number, owner = 'run-1') {
  const lines = ['product-A', 'product-B'].map((sku) => ({ sku, name: sku, quantity: 1, unitPriceMinor: 1_999 }));
  const order = anOrder({ lines });
  const run = { orderId: order.orderId, owner };
  await stores().reservations.reserveInventory({ order, owner, ttlMs });
  return { order, run };
}

/** What a run does with an order that it gives up unpaid. */
async function giveUp(order: AcceptedOrder, owner: string, ending = unpaid) {
  const { orders, reservations } = stores();
  const run = { orderId: order.orderId, owner };
  const opening = await orders.beginUndo({ order, owner, ending });
  await reservations.releaseInventory(run);
  if (opening.kind === 'open') await orders.endOrder(run, opening.ending);
  return opening;
}

describe('an order whose time to pay is over', () => {
  test('R16: is not charged, ends as expired, and its stock is back once, without a dead letter', async () => {
    const { order, run } = await reserved(-1);
    const { charges, reservations } = stores();
    for (const _again of [1, 2]) {
      expect(await charges.claim(run, 1_000, HOUR_MS)).toEqual({ kind: 'answered', outcome: { kind: 'expired' } });
    }
    const failure = { step: 'charge', reason: 'expired', detail: 'too late' } as const;
    await giveUp(order, run.owner, { status: 'failed', failure });
    await Promise.all([1, 2, 3].map(() => reservations.releaseInventory(run)));
    expect((await reservationsOf(order.orderId)).map(({ state }) => state)).toEqual(['expired', 'expired']);
    expect(await movementsOf(order.orderId)).toEqual([
      { kind: 'reserve', reason: null, reserved_delta: 1 },
      { kind: 'reserve', reason: null, reserved_delta: 1 },
      { kind: 'release', reason: 'expired', reserved_delta: -1 },
      { kind: 'release', reason: 'expired', reserved_delta: -1 },
    ]);
    expect(await stockTrouble(stack)).toEqual([]);
    const letters = stack.database.kysely.selectFrom('dead_letters').selectAll().where('order_id', '=', order.orderId);
    expect(await letters.execute()).toEqual([]);
  });

  test('R18: and that a recovery gives up unpaid ends as expired; within its time as unpaid, to be redriven', async () => {
    const late = await reserved(-1);
    const early = await reserved(HOUR_MS);
    for (const { order } of [late, early]) {
      expect(await stores().orders.takeOverToRecover(order, 'recovery')).toEqual({ kind: 'open' });
    }
    expect(await giveUp(late.order, 'recovery')).toMatchObject({ ending: { failure: { reason: 'expired' } } });
    expect(await giveUp(early.order, 'recovery')).toEqual({ kind: 'open', ending: unpaid });
    expect((await reservationsOf(late.order.orderId))[0]).toMatchObject({ state: 'expired' });
    expect((await reservationsOf(early.order.orderId))[0]).toMatchObject({ state: 'released' });
  });

  test('R18: and that a try of the lost run has not reached the gateway ends as expired too', async () => {
    const { order, run } = await reserved(HOUR_MS);
    const { charges, orders } = stores();
    await charges.claim(run, 0, HOUR_MS);
    await charges.troubled(run, 1, { kind: 'not_executed', reason: 'refused' }, CALL);
    await expire(order.orderId);
    await orders.takeOverToRecover(order, 'recovery');
    await charges.earlierStanding({ ...run, owner: 'recovery' }, 0);
    expect(await giveUp(order, 'recovery')).toMatchObject({ ending: { failure: { reason: 'expired' } } });
  });

  test('and is cancelled ends as cancelled, its stock released', async () => {
    const { order, run } = await reserved(-1);
    await giveUp(order, run.owner, { status: 'cancelled', reason: 'asked' });
    expect((await reservationsOf(order.orderId))[0]).toMatchObject({ state: 'released' });
  });
});

describe('the time of a reservation', () => {
  test.each([
    ['under way', async () => {}],
    ['unknown', async (run: { orderId: string; owner: string }) => lose(run)],
  ])('R16: ends nothing while a charge is %s, and paying goes on to its confirmation', async (_, then) => {
    const { order, run } = await reserved(HOUR_MS);
    const { charges } = stores();
    await charges.claim(run, 0, HOUR_MS);
    await then(run);
    await expire(order.orderId);
    const captured = { kind: 'captured', reference: 'ch', amountMinor: order.totalMinor, currency: 'EUR' } as const;
    expect(await charges.claim(run, 0, HOUR_MS)).toMatchObject({ kind: 'send', attempt: 1 });
    expect(await charges.captured(run, 1, captured, CALL)).toEqual({ kind: 'confirmed' });
    expect((await reservationsOf(order.orderId))[0]).toMatchObject({ state: 'committed' });
  });

  test('R16: does not make an order expired whose charge had been unknown: that is unpaid, and may be redriven', async () => {
    const { order, run } = await reserved(HOUR_MS);
    const { charges, orders } = stores();
    await charges.claim(run, 0, HOUR_MS);
    await lose(run);
    await expire(order.orderId);
    await orders.takeOverToRecover(order, 'recovery');
    await charges.disproved({ ...run, owner: 'recovery' }, 1, CALL);
    expect(await giveUp(order, 'recovery')).toEqual({ kind: 'open', ending: unpaid });
  });

  test('R16: is extended by every further try', async () => {
    const { order, run } = await reserved(HOUR_MS);
    const { charges } = stores();
    await charges.claim(run, 0, HOUR_MS);
    await charges.troubled(run, 1, { kind: 'not_executed', reason: 'refused' }, CALL);
    await expire(order.orderId);
    await charges.claim(run, 0, HOUR_MS);
    const { rows } = await stack.database.pool.query<{ held: boolean }>(
      'select expires_at > now() as held from reservations where order_id = $1',
      [order.orderId],
    );
    expect(rows).toEqual([{ held: true }, { held: true }]);
  });

  test('R17: money that is taken after it ended the order goes back once, and the order stays failed', async () => {
    const { order, run } = await reserved(HOUR_MS);
    const { charges, orders } = stores();
    await charges.claim(run, 0, HOUR_MS);
    await charges.troubled(run, 1, { kind: 'not_executed', reason: 'refused' }, CALL);
    await expire(order.orderId);
    await orders.takeOverToRecover(order, 'recovery');
    const recovery = { ...run, owner: 'recovery' };
    await charges.earlierStanding(recovery, 0);
    await giveUp(order, 'recovery');
    expect(await charges.dismissed(recovery)).toHaveLength(1);
    const captured = { kind: 'captured', reference: 'late', amountMinor: order.totalMinor, currency: 'EUR' } as const;
    expect(await charges.captured(recovery, 1, captured, CALL)).toEqual({ kind: 'superseded' });
    const due = await Promise.all([1, 2, 3].map(() => createRefundStore(stack.database).due(recovery)));
    expect(new Set(due.map((refunds) => JSON.stringify(refunds))).size).toBe(1);
    expect(due[0]).toHaveLength(1);
    expect((await reservationsOf(order.orderId))[0]).toMatchObject({ state: 'expired' });
  });

  test('R16: a redrive holds the stock of an expired reservation again', async () => {
    const { order, run } = await reserved(-1);
    await giveUp(order, run.owner);
    const { kysely } = stack.database;
    await kysely
      .updateTable('orders')
      .set({ status: 'pending', owner: 'run-2' })
      .where('order_id', '=', order.orderId)
      .execute();
    expect(await stores().reservations.reserveInventory({ order, owner: 'run-2', ttlMs: HOUR_MS })).toEqual({
      kind: 'reserved',
    });
    expect((await reservationsOf(order.orderId)).map(({ state }) => state)).toEqual(['active', 'active']);
  });
});

test('R23: the history of stock can be neither changed nor deleted', async () => {
  const { order } = await reserved(HOUR_MS);
  const { pool } = stack.database;
  for (const rewriting of ['update stock_movements set reserved_delta = 0', 'delete from stock_movements']) {
    await expect(pool.query(`${rewriting} where order_id = $1`, [order.orderId])).rejects.toThrow('append-only');
  }
  expect(await movementsOf(order.orderId)).toHaveLength(2);
});

async function lose(run: { orderId: string; owner: string }): Promise<void> {
  await stores().charges.troubled(run, 1, { kind: 'ambiguous', reason: 'reset' }, CALL);
}

async function expire(orderId: string): Promise<void> {
  await stack.database.pool.query(
    `update reservations set expires_at = now() - interval '1 second' where order_id = $1`,
    [orderId],
  );
}
