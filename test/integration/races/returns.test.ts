import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, eventually, lettersOf, stockTrouble } from '../../support/end-state.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker', QUICK)).url);
});
afterAll(async () => stack?.close());

const PRICE = 1_000;
const waiting = { Prefer: 'wait=30' };

/** A product of which there are three, and an order that bought them all. */
async function soldOut(method = 'pm_ok') {
  const sku = `sku-${newOrderId()}`;
  await stack.seed({ sku, name: 'Last three', currency: 'EUR', unitPriceMinor: PRICE, onHand: 3 });
  const checkout = () => aCheckout({ items: [{ sku, quantity: 3 }] }, method);
  const { body } = await shop.post(checkout(), waiting);
  expect(body.status).toBe('confirmed');
  return { sku, id: body.id, checkout };
}
const onHand = async (sku: string) => {
  const { on_hand } = await stack.database.kysely
    .selectFrom('stock')
    .select('on_hand')
    .where('sku', '=', sku)
    .executeTakeFirstOrThrow();
  return on_hand;
};
const refund = (id: string, body: Record<string, unknown>) =>
  shop.ask(id, 'refunds', { reason: 'sent back', ...body }, { 'Idempotency-Key': newOrderId() });
const fulfil = (id: string) => shop.ask(id, 'fulfilment');

test('R23: a refund of one cent returns nothing to the stock, and the goods cannot be sold again', async () => {
  const { sku, id, checkout } = await soldOut();
  expect(await refund(id, { amount_minor: 1, restock: true })).toMatchObject({
    status: 422,
    body: { code: 'restock-needs-full-refund', max_refundable_minor: 3 * PRICE },
  });
  expect((await refund(id, { amount_minor: 1 })).status).toBe(202);
  expect((await shop.post(checkout(), waiting)).body.failure).toMatchObject({ reason: 'out_of_stock' });
  expect((await fulfil(id)).body.status).toBe('completed');
  expect(await onHand(sku)).toBe(0);
});

test('R23: goods that came back are sold to the next one, and not shipped to the first; a cancel brings back nothing more', async () => {
  const { sku, id, checkout } = await soldOut();
  expect((await refund(id, { restock: true })).status).toBe(202);
  await eventually(
    () => onHand(sku),
    (left) => left === 3,
  );
  expect((await shop.post(checkout(), waiting)).body.status).toBe('confirmed');
  expect(await fulfil(id)).toMatchObject({ status: 409, body: { code: 'goods-returned', order_status: 'confirmed' } });
  expect(await refund(id, { restock: true })).toMatchObject({ status: 409, body: { code: 'goods-returned' } });

  expect((await shop.ask(id, 'cancel', { reason: 'sent back' })).status).toBe(202);
  const order = await shop.until(id, ['cancelled']);
  expect(await endStateOf(stack, order)).toMatchObject({ kept: 0, refunds: 1, reservations: ['restocked'] });
  expect(await onHand(sku)).toBe(0);
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R23: goods are not shipped while their refund is in progress, and are once the gateway has refused it permanently', async () => {
  const { sku, id } = await soldOut('pm_refund_fails');
  expect((await refund(id, { restock: true })).status).toBe(202);
  expect(await fulfil(id)).toMatchObject({ status: 409, body: { code: 'goods-returned' } });
  const [letter] = await eventually(
    () => lettersOf(stack, id),
    (letters) => letters.some(({ kind, state }) => kind === 'refund' && state === 'open'),
  );
  expect(await fulfil(id)).toMatchObject({ status: 409, body: { code: 'goods-returned' } });
  const discarded = await shop.send(`/v1/dead-letters/${letter?.id}/discard`, { note: 'the customer keeps them' }, {});
  expect(discarded.status).toBe(200);
  // A request while the refused fulfillment is still ending gets that one's answer.
  await eventually(
    () => fulfil(id),
    ({ body }) => body.status === 'completed',
  );
  expect(await onHand(sku)).toBe(0);
});

test('R23: of a fulfillment and a refund of the goods at the same moment, the goods are shipped or kept back, never both', async () => {
  const endings = new Set<string>();
  for (let round = 0; round < 8; round += 1) {
    const { sku, id } = await soldOut();
    const asks = [() => fulfil(id), () => refund(id, { restock: true })];
    const answers = await Promise.all((round % 2 === 0 ? asks : asks.toReversed()).map((ask) => ask()));
    expect(answers.map(({ status }) => status).filter((status) => ![200, 202, 409].includes(status))).toEqual([]);
    // The refund is taken in any case: of what was shipped it is a return.
    await eventually(
      () => onHand(sku),
      (left) => left === 3,
    );
    endings.add((await shop.get(id)).body.status);
  }
  expect([...endings].filter((status) => !['confirmed', 'completed'].includes(status))).toEqual([]);
  expect(await stockTrouble(stack)).toEqual([]);
});

const ship = (id: string, body: Record<string, unknown> = {}, key = newOrderId()) =>
  shop.ask(id, 'fulfilments', body, { 'Idempotency-Key': key });

test('parcels ship what was ordered and not a unit more, the last one completes the order, and the audit has nothing', async () => {
  const { sku, id } = await soldOut();
  const one = { items: [{ sku, quantity: 1 }], carrier: 'DHL', tracking_number: '0034' };
  expect(await ship(id, one, 'first')).toMatchObject({ status: 201, body: { items: one.items, carrier: 'DHL' } });
  expect((await ship(id, one, 'first')).status).toBe(200);
  expect(await ship(id, { items: [{ sku, quantity: 3 }] })).toMatchObject({
    status: 409,
    body: { code: 'exceeds-unshipped' },
  });
  expect(await shop.ask(id, 'cancel')).toMatchObject({ status: 409, body: { code: 'not-cancellable' } });
  expect((await shop.get(id)).body).toMatchObject({ status: 'confirmed', fulfilment_status: 'partial' });
  expect((await ship(id)).status).toBe(201);
  expect((await shop.get(id)).body).toMatchObject({
    status: 'completed',
    fulfilment_status: 'complete',
    fulfilments: [{ items: one.items }, { items: [{ sku, quantity: 2 }] }],
  });
  expect(await stockTrouble(stack)).toEqual([]);
});

test('a parcel, a cancel and a return at once: what ships is not cancelled, and what comes back does not ship', async () => {
  const endings = new Set<string>();
  for (let round = 0; round < 6; round += 1) {
    const { sku, id } = await soldOut();
    const asks = [
      () => ship(id, { items: [{ sku, quantity: 1 }] }),
      () => shop.ask(id, 'cancel'),
      () => refund(id, { restock: true }),
    ];
    const turned = [...asks.slice(round % 3), ...asks.slice(0, round % 3)];
    const answers = await Promise.all(turned.map((ask) => ask()));
    expect(answers.map(({ status }) => status).filter((status) => ![201, 202, 409].includes(status))).toEqual([]);
    await eventually(
      async () => (await shop.get(id)).body,
      ({ status, refunds }) => status !== 'cancelling' && refunds.every(({ state }) => state === 'succeeded'),
    );
    const { status, fulfilments } = (await shop.get(id)).body;
    expect(status === 'cancelled' && fulfilments.length > 0).toBe(false);
    endings.add(status);
  }
  expect([...endings].filter((status) => !['confirmed', 'cancelled'].includes(status))).toEqual([]);
  expect(await stockTrouble(stack)).toEqual([]);
});
