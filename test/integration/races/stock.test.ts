import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, eventually, stockTrouble, trailOf } from '../../support/end-state.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker', QUICK)).url);
});
afterAll(async () => stack?.close());

const waiting = { Prefer: 'wait=30' };

async function seeded(onHand: number): Promise<string> {
  const sku = `sku-${newOrderId()}`;
  await stack.seed({ sku, name: 'Thing', currency: 'EUR', unitPriceMinor: 250, onHand });
  return sku;
}
const stockOf = (sku: string) =>
  stack.database.kysely
    .selectFrom('stock')
    .select(['on_hand', 'reserved'])
    .where('sku', '=', sku)
    .executeTakeFirstOrThrow();
const adjust = (sku: string, delta: number) =>
  shop.send(`/v1/products/${sku}/stock-adjustments`, { delta, reason: 'counted' }, { 'Idempotency-Key': newOrderId() });

/** What would happen if something took the stock from an order that is being paid. */
async function steal(orderId: string): Promise<void> {
  await stack.database.pool.query(
    `with stolen as (
       update reservations set state = 'expired', updated_at = now() where order_id = '${orderId}' and state = 'active'
       returning sku, quantity
     ), freed as (
       update stock s set reserved = s.reserved - stolen.quantity from stolen where s.sku = stolen.sku
     )
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     select sku, '${orderId}', 'release', 0, -quantity from stolen`,
  );
}

test('R5: of twenty that order the last unit at once, some in two lines of one, exactly one gets it', async () => {
  const [last, plenty] = [await seeded(1), await seeded(100)];
  const checkouts = Array.from({ length: 20 }, (_, i) => {
    const items = [last, plenty].map((sku) => ({ sku, quantity: 1 }));
    return aCheckout({ items: i % 2 === 0 ? items : [...items, { sku: plenty, quantity: 2 }].toReversed() });
  });
  const answers = await Promise.all(checkouts.map((checkout) => shop.post(checkout, waiting)));
  const confirmed = answers.filter(({ body }) => body.status === 'confirmed');
  expect(confirmed).toHaveLength(1);
  expect(answers.filter(({ body }) => body.failure?.reason === 'out_of_stock')).toHaveLength(19);
  const sold = confirmed[0]?.body.items.find(({ sku }) => sku === plenty)?.quantity ?? 0;
  expect([await stockOf(last), await stockOf(plenty)]).toEqual([
    { on_hand: 0, reserved: 0 },
    { on_hand: 100 - sold, reserved: 0 },
  ]);
});

test('R5: one order that names the last two units in two lines gets both, or none when there is one', async () => {
  const [two, single] = [await seeded(2), await seeded(1)];
  const twice = (sku: string) => ({ items: [1, 1].map((quantity) => ({ sku, quantity })) });
  expect((await shop.post(aCheckout(twice(two)), waiting)).body).toMatchObject({ status: 'confirmed' });
  expect((await shop.post(aCheckout(twice(single)), waiting)).body.failure).toMatchObject({ reason: 'out_of_stock' });
  expect([await stockOf(two), await stockOf(single)]).toEqual([
    { on_hand: 0, reserved: 0 },
    { on_hand: 1, reserved: 0 },
  ]);
});

test('R6: stock that is counted down while thirty check out never goes below what they hold', async () => {
  const sku = await seeded(40);
  const checkouts = Array.from({ length: 30 }, () => aCheckout({ items: [{ sku, quantity: 1 }] }, 'pm_slow_300'));
  const [orders, adjustments] = await Promise.all([
    Promise.all(checkouts.map((checkout) => shop.post(checkout, waiting))),
    Promise.all(
      Array.from({ length: 15 }, async (_, i) => {
        await new Promise((resolve) => setTimeout(resolve, i * 40));
        return adjust(sku, -4);
      }),
    ),
  ]);
  const confirmed = orders.filter(({ body }) => body.status === 'confirmed').length;
  const refused = orders.filter(({ body }) => body.failure?.reason === 'out_of_stock').length;
  expect(confirmed + refused).toBe(30);
  const taken = adjustments.filter(({ status }) => status === 201).length;
  const kept = adjustments.filter(({ status, body }) => status === 409 && body.code === 'stock-below-reserved').length;
  expect(taken + kept).toBe(15);
  // More was to be taken than there was: both sides must have met their limit.
  expect([taken > 0, kept > 0]).toEqual([true, true]);
  expect(await stockOf(sku)).toEqual({ on_hand: 40 - 4 * taken - confirmed, reserved: 0 });
  expect(await stockTrouble(stack)).toEqual([]);
});

test.each([
  ['and there is more, it is held again and the order confirmed', 5, 'confirmed', null, 0, 4],
  ['and it was sold, the money goes back and the order fails', 1, 'failed', 'out_of_stock', 1, 0],
])('R16: when the stock of an order is gone while it pays, %s', async (_, onHand, status, reason, refunds, left) => {
  const sku = await seeded(onHand);
  const checkout = aCheckout({ items: [{ sku, quantity: 1 }] }, 'pm_slow_2500');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['reserved']);
  await steal(checkout.order_id);
  if (onHand === 1) expect((await adjust(sku, -1)).status).toBe(201);

  const order = await shop.until(checkout.order_id, ['confirmed', 'failed']);
  const ended = await endStateOf(stack, order);
  expect(ended).toMatchObject({ status, reason, charges: [`${checkout.order_id}:charge:1`], refunds });
  expect(await stockOf(sku)).toEqual({ on_hand: left, reserved: 0 });
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R16: an expired reservation is kept while the order pays, and while it is unknown whether it has', async () => {
  const short = { ...QUICK, RESERVATION_TTL_MS: '1000', GATEWAY_TIMEOUT_MS: '300', AUDIT_INTERVAL_MS: '1000' };
  const alone = await startStack();
  try {
    const brief = createShop((await alone.serve('api,worker', short)).url);
    const checkout = aCheckout({}, 'pm_processing');
    await brief.post(checkout);
    await brief.until(checkout.order_id, ['payment_unknown']);
    const isOver = () =>
      alone.database.pool
        .query(`select 1 from reservations where order_id = '${checkout.order_id}' and expires_at < now()`)
        .then(({ rowCount }) => rowCount === 1);
    await eventually(isOver, (over) => over);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    const order = await brief.until(checkout.order_id, ['payment_unknown']);
    expect(await endStateOf(alone, order)).toMatchObject({ reservations: ['active'] });
    await alone.settleAtGateway(`${checkout.order_id}:charge:1`, 'captured');
    await brief.until(checkout.order_id, ['confirmed']);
    expect(await stockTrouble(alone)).toEqual([]);
  } finally {
    await alone.close();
  }
});

test('R23: a cancel pressed thrice, a refund that restocks and the undo itself put the stock back once', async () => {
  for (let round = 0; round < 5; round += 1) {
    const sku = await seeded(10);
    const checkout = aCheckout({ items: [{ sku, quantity: 3 }] });
    await shop.post(checkout, waiting);
    const why = { reason: 'broken' };
    const refund = { ...why, restock: true };
    await Promise.all([
      ...[1, 2, 3].map(() => shop.ask(checkout.order_id, 'cancel', why)),
      ...[1, 2].map(() => shop.ask(checkout.order_id, 'refunds', refund, { 'Idempotency-Key': 'one' })),
    ]);
    const order = await shop.until(checkout.order_id, ['cancelled']);
    expect(await endStateOf(stack, order)).toMatchObject({ kept: 0, refunds: 1, reservations: ['restocked'] });
    expect(await stockOf(sku)).toEqual({ on_hand: 10, reserved: 0 });
  }
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R24: a release that cannot be written is tried until it can, and the order is not called failed before', async () => {
  const sku = await seeded(10);
  const { pool } = stack.database;
  await pool.query(
    `create function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
     create trigger refuse before insert on stock_movements
       for each row when (new.kind = 'release' and new.sku = '${sku}') execute function refuse()`,
  );
  const checkout = aCheckout({ items: [{ sku, quantity: 4 }] }, 'pm_declined');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['compensating']);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  const held = await endStateOf(stack, await shop.until(checkout.order_id, ['compensating']));
  expect(held).toMatchObject({ reservations: ['active'] });
  await pool.query('drop trigger refuse on stock_movements');
  const order = await shop.until(checkout.order_id, ['failed']);
  expect(await endStateOf(stack, order)).toMatchObject({ reason: 'payment_declined', reservations: ['released'] });
  expect(await stockOf(sku)).toEqual({ on_hand: 10, reserved: 0 });
});

test('R12: cancels that come around the send either stop the charge or send it back once', async () => {
  const sku = await seeded(100);
  const checkouts = Array.from({ length: 20 }, () => aCheckout({ items: [{ sku, quantity: 1 }] }, 'pm_slow_50'));
  const ids = await Promise.all(
    checkouts.map(async (checkout, i) => {
      await shop.post(checkout);
      await new Promise((resolve) => setTimeout(resolve, i * 15));
      expect((await shop.ask(checkout.order_id, 'cancel', { reason: 'no' })).status).toBe(202);
      return checkout.order_id;
    }),
  );
  for (const id of ids) {
    const ended = await endStateOf(stack, await shop.until(id, ['cancelled']));
    expect(ended).toMatchObject({ kept: 0, refunds: ended.charges.length });
    expect(ended.charges.length).toBeLessThan(2);
    const trail = await trailOf(stack, id);
    expect(trail.filter((type) => type === 'order.cancelled')).toHaveLength(1);
  }
  expect(await stockOf(sku)).toEqual({ on_hand: 100, reserved: 0 });
  expect(await stockTrouble(stack)).toEqual([]);
});
