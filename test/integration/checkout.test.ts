import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventSources } from '../../src/adapters/postgres/events/event-sources.js';
import { orderWorkflowId } from '../../src/workflows/contract.js';
import { aCheckout, createShop, newOrderId } from '../support/shop.js';
import { REWRITING } from '../support/rewriting.js';
import { startStack, type Stack } from '../support/stack.js';

// Each test's trouble is its own: the breaker must not carry it into the next one.
const SEPARATE = { BREAKER_FAILURES: '1000' };

let stack: Stack;
let shop: ReturnType<typeof createShop>;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker', SEPARATE)).url);
});
afterAll(async () => stack?.close());

const waiting = { Prefer: 'wait=20' };

describe('a checkout', () => {
  test('is accepted at once, confirmed soon, charged once and taken from stock', async () => {
    const checkout = aCheckout({ items: [{ sku: 'product-B', quantity: 3 }], total_minor: 14_700 });
    const accepted = await shop.post(checkout);
    expect(accepted.status).toBe(202);
    expect(accepted.headers.get('location')).toBe(`/v1/orders/${checkout.order_id}`);
    expect(accepted.body).toMatchObject({ id: checkout.order_id, status: 'pending', total_minor: 14_700 });

    const order = await shop.until(checkout.order_id, ['confirmed']);
    expect(order.items).toEqual([{ sku: 'product-B', name: 'Fountain pen', quantity: 3, unit_price_minor: 4_900 }]);
    expect(await stack.ledger(checkout.order_id)).toMatchObject([
      { type: 'charge', key: `${checkout.order_id}:charge:1`, state: 'captured', amount_minor: 14_700 },
    ]);
    const stock = await stack.database.kysely
      .selectFrom('stock')
      .selectAll()
      .where('sku', '=', 'product-B')
      .executeTakeFirstOrThrow();
    expect(stock).toEqual({ sku: 'product-B', on_hand: 997, reserved: 0 });
  });

  test('is readable before its row exists, from its start in Temporal', async () => {
    const api = createShop((await stack.serve('api', { TEMPORAL_NAMESPACE: stack.namespace })).url);
    const checkout = aCheckout();
    await shop.post(checkout, waiting);
    const tables = [
      'order_events',
      'gateway_calls',
      'payments',
      'payment_attempts',
      'reservations',
      'order_lines',
      'orders',
    ];
    const deletions = tables.map((table) => `delete from ${table} where order_id = '${checkout.order_id}'`);
    await stack.database.pool.query(`${REWRITING} ${deletions.join(';')}`);
    const { status, body } = await api.get(checkout.order_id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id: checkout.order_id, status: 'pending', version: 1 });
    expect((await api.post(checkout)).status).toBe(200);
    expect((await api.post({ ...checkout, customer_id: 'someone else' })).body.code).toBe('order-conflict');
  });

  test('sent again answers with the same order, whatever the order of keys and lines', async () => {
    const items = [
      { sku: 'product-A', quantity: 1 },
      { sku: 'product-B', quantity: 2 },
    ];
    const checkout = aCheckout({ items });
    expect((await shop.post(checkout, waiting)).status).toBe(201);
    const split = [
      { quantity: 1, sku: 'product-B' },
      { quantity: 1, sku: 'product-A' },
      { quantity: 1, sku: 'product-B' },
    ];
    const again = await shop.post(Object.fromEntries(Object.entries({ ...checkout, items: split }).toReversed()));
    expect(again.status).toBe(200);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body).toMatchObject({ id: checkout.order_id, status: 'confirmed' });
    expect(await stack.ledger(checkout.order_id)).toHaveLength(1);
  });

  test('with the same id and another body is a conflict, and changes nothing', async () => {
    const checkout = aCheckout();
    await shop.post(checkout, waiting);
    for (const other of [
      { ...checkout, items: [{ sku: 'product-A', quantity: 2 }] },
      { ...checkout, payment: { method: 'pm_slow_1' } },
      { ...checkout, customer_id: 'customer-2' },
    ]) {
      const answer = await shop.post(other);
      expect([answer.status, answer.body.code]).toEqual([409, 'order-conflict']);
    }
    expect(await stack.ledger(checkout.order_id)).toHaveLength(1);
  });

  test('posted by twenty clients at once is one order and one charge', async () => {
    const checkout = aCheckout();
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.post(checkout)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(19);
    await shop.until(checkout.order_id, ['confirmed']);
    expect(await stack.ledger(checkout.order_id)).toHaveLength(1);
  });

  test('without an order_id is known by its Idempotency-Key', async () => {
    const { order_id: _, ...checkout } = aCheckout();
    const key = { 'Idempotency-Key': newOrderId() };
    const first = await shop.post(checkout, key);
    const second = await shop.post(checkout, key);
    expect([first.status, second.status]).toEqual([202, 200]);
    expect(second.body.id).toBe(first.body.id);
    expect((await shop.post(checkout)).body.code).toBe('idempotency-key-missing');
  });

  test('keeps its price when the catalog changes, and a replay wins over the new price', async () => {
    const sku = `price-${newOrderId()}`;
    const product = { sku, name: 'Thing', currency: 'EUR', unitPriceMinor: 500, onHand: 5 };
    await stack.seed(product);
    const checkout = aCheckout({ items: [{ sku, quantity: 1 }], total_minor: 500 });
    expect((await shop.post(checkout, waiting)).status).toBe(201);
    await stack.seed({ ...product, unitPriceMinor: 700 });

    expect((await shop.post(checkout)).body).toMatchObject({ status: 'confirmed', total_minor: 500 });
    const fresh = await shop.post({ ...checkout, order_id: newOrderId() });
    expect(fresh.status).toBe(409);
    expect(fresh.body).toMatchObject({ code: 'price-changed', total_minor: 700 });
  });

  test('is charged with its shipping and discounts, and says so in its events', async () => {
    const adjustments = [
      { type: 'shipping', label: 'Post', amount_minor: 490 },
      { type: 'discount', label: 'WELCOME', amount_minor: -1_000, sku: 'product-A' },
    ];
    const checkout = aCheckout({ adjustments });
    const { body } = await shop.post(checkout, waiting);
    expect(body).toMatchObject({ status: 'confirmed', total_minor: 1_489, payment: { captured_minor: 1_489 } });
    expect(body.adjustments).toEqual([{ ...adjustments[0], sku: null }, adjustments[1]]);
    expect(await stack.ledger(checkout.order_id)).toMatchObject([{ amount_minor: 1_489 }]);
    const [source] = await eventSources(stack.database, [{ orderId: checkout.order_id, seq: 3 }]);
    expect(source).toMatchObject({ totalMinor: 1_489, adjustments: [{ type: 'shipping', amountMinor: 490 }, {}] });
  });

  test('has its address changed until it has shipped, and its timeline says which fields alone', async () => {
    const address = { name: 'Ada', line1: 'Canary Street 1', city: 'London', country: 'GB' };
    const checkout = aCheckout({ shipping_address: address });
    expect((await shop.post(checkout, waiting)).body).toMatchObject({ version: 3, shipping_address: address });
    const change = (body: unknown, headers = {}) =>
      shop.call(`/v1/orders/${checkout.order_id}`, {
        method: 'PATCH',
        headers: { 'Content-Type': 'application/json', ...headers },
        body: JSON.stringify(body),
      });
    const moved = await change({ shipping_address: { ...address, city: 'Paris' } }, { 'If-Match': '"3"' });
    expect(moved).toMatchObject({ status: 200, body: { version: 4, shipping_address: { city: 'Paris' } } });
    expect(moved.headers.get('etag')).toBe('"4"');
    expect(await change({ customer_phone: '112' }, { 'If-Match': '"3"' })).toMatchObject({ status: 412 });
    expect(await shop.post(checkout)).toMatchObject({ status: 200, body: { shipping_address: { city: 'Paris' } } });

    const events = JSON.stringify((await shop.call(`/v1/orders/${checkout.order_id}/events`)).body);
    expect(events).toContain('shipping_address');
    expect(events).not.toMatch(/Canary|Paris|London/);
    expect((await shop.ask(checkout.order_id, 'fulfilment')).status).toBe(200);
    expect(await change({ customer_phone: '112' })).toMatchObject({ status: 409, body: { code: 'not-changeable' } });
  });

  test('that names an unknown product, or one of another currency, is refused by field', async () => {
    const items = ['product-A', 'nothing', 'product-D'].map((sku) => ({ sku, quantity: 1 }));
    const { status, body } = await shop.post(aCheckout({ items }));
    expect(status).toBe(422);
    expect(body.errors?.map(({ pointer }) => pointer)).toEqual(['/items/1/sku', '/items/2/sku']);
  });
});

describe('an order that cannot be paid or filled', () => {
  test.each([
    ['pm_declined', 'product-A', 'charge', 'payment_declined', 1],
    ['pm_ok', 'product-C', 'reserve', 'out_of_stock', 0],
  ])('%s for %s fails at %s as %s', async (method, sku, step, reason, attempts) => {
    const answer = await shop.post(aCheckout({ items: [{ sku, quantity: 1 }] }, method), waiting);
    expect(answer.status).toBe(201);
    expect(answer.body).toMatchObject({ status: 'failed', failure: { step, reason } });
    expect(answer.body.payment.attempts).toHaveLength(attempts);
    const held = await stack.database.kysely
      .selectFrom('reservations')
      .select('state')
      .where('order_id', '=', answer.body.id)
      .execute();
    expect(held.filter(({ state }) => state !== 'released')).toEqual([]);
  });

  test('fails as payment_unavailable after four calls, with a regular activity to look at', async () => {
    const checkout = aCheckout({}, 'pm_fail_9');
    const { body } = await shop.post(checkout, waiting);
    expect(body).toMatchObject({ status: 'failed', failure: { step: 'charge', reason: 'payment_unavailable' } });
    expect(body.payment.attempts).toMatchObject([{ state: 'not_charged', tries: 4 }]);
    expect(await stack.ledger(checkout.order_id)).toEqual([]);

    const handle = stack.client.workflow.getHandle(orderWorkflowId(checkout.order_id));
    const { events } = await handle.fetchHistory();
    const scheduled = events?.flatMap((event) => event.activityTaskScheduledEventAttributes ?? []);
    expect(scheduled?.map(({ activityType }) => activityType?.name)).toEqual(['chargePayment']);
  });
});

describe('a gateway in trouble', () => {
  test.each(['pm_fail_2', 'pm_timeout_after', 'pm_error_after'])(
    '%s ends confirmed with one charge',
    async (method) => {
      const checkout = aCheckout({}, method);
      await shop.post(checkout);
      await shop.until(checkout.order_id, ['confirmed']);
      const charges = (await stack.ledger(checkout.order_id)).filter(({ state }) => state === 'captured');
      expect(charges).toHaveLength(1);
    },
  );

  test('that never took the charge is looked up until that is certain, and the stock comes back', async () => {
    const quick = createShop(
      (await stack.serve('api,worker', { ...SEPARATE, GATEWAY_TIMEOUT_MS: '300', GATEWAY_SETTLING_MS: '1000' })).url,
    );
    const checkout = aCheckout({ items: [{ sku: 'product-B', quantity: 1 }] }, 'pm_timeout_before');
    await quick.post(checkout);
    const order = await quick.until(checkout.order_id, ['failed'], 45_000);
    expect(order.failure).toMatchObject({ step: 'charge', reason: 'payment_unavailable' });
    expect(order.payment.attempts).toMatchObject([{ state: 'not_charged' }]);
    expect(await stack.ledger(checkout.order_id)).toEqual([]);
  });
});
