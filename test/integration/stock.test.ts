import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { aCheckout, createShop, newOrderId } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
let shop: ReturnType<typeof createShop>;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker')).url);
});
afterAll(async () => stack?.close());

const product = (onHand: number) => ({
  sku: `sku-${newOrderId()}`,
  name: 'Thing',
  currency: 'EUR',
  unitPriceMinor: 250,
  onHand,
});
const stockOf = (sku: string) =>
  stack.database.kysely.selectFrom('stock').selectAll().where('sku', '=', sku).executeTakeFirstOrThrow();

test('forty buyers of ten units: exactly ten are confirmed and charged, the rest are out of stock', async () => {
  const ten = product(10);
  await stack.seed(ten);
  const checkouts = Array.from({ length: 40 }, () => aCheckout({ items: [{ sku: ten.sku, quantity: 1 }] }));
  const answers = await Promise.all(checkouts.map((checkout) => shop.post(checkout, { Prefer: 'wait=30' })));

  const confirmed = answers.filter(({ body }) => body.status === 'confirmed');
  const refused = answers.filter(({ body }) => body.failure?.reason === 'out_of_stock');
  expect([confirmed.length, refused.length]).toEqual([10, 30]);
  expect(await stockOf(ten.sku)).toMatchObject({ on_hand: 0, reserved: 0 });
  const ledgers = await Promise.all(checkouts.map(({ order_id }) => stack.ledger(order_id)));
  expect(ledgers.flat()).toHaveLength(10);
});

test('orders that name the same products in opposite order never wait for each other in a circle', async () => {
  const [first, second] = [product(200), product(200)];
  await stack.seed(first, second);
  const checkouts = Array.from({ length: 40 }, (_, i) => {
    const items = [first, second].map(({ sku }) => ({ sku, quantity: 1 }));
    return aCheckout({ items: i % 2 === 0 ? items : items.toReversed() });
  });
  const answers = await Promise.all(checkouts.map((checkout) => shop.post(checkout, { Prefer: 'wait=30' })));
  expect(new Set(answers.map(({ body }) => body.status))).toEqual(new Set(['confirmed']));
  expect(await stockOf(first.sku)).toMatchObject({ on_hand: 160, reserved: 0 });

  const { rows } = await stack.database.pool.query<{ deadlocks: number }>(
    'select deadlocks from pg_stat_database where datname = current_database()',
  );
  expect(rows).toEqual([{ deadlocks: 0 }]);
});

test('an order takes all its lines or none', async () => {
  const [plenty, little] = [product(10), product(1)];
  await stack.seed(plenty, little);
  const items = [plenty, little].map(({ sku }) => ({ sku, quantity: 2 }));
  const { body } = await shop.post(aCheckout({ items }), { Prefer: 'wait=30' });
  expect(body.failure).toMatchObject({ reason: 'out_of_stock', detail: `${little.sku}: 2 wanted, 1 left` });
  expect(await stockOf(plenty.sku)).toMatchObject({ on_hand: 10, reserved: 0 });
});

test('the movements of every product add up to its stock', async () => {
  const { rows } = await stack.database.pool.query(
    `select s.sku from stock s left join stock_movements m on m.sku = s.sku
     group by s.sku, s.on_hand, s.reserved
     having coalesce(sum(m.on_hand_delta), 0) <> s.on_hand or coalesce(sum(m.reserved_delta), 0) <> s.reserved`,
  );
  expect(rows).toEqual([]);
});
