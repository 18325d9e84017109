import { describe, expect, test } from '@jest/globals';
import { DEFAULT_POLICY } from '../../../../src/domain/policy.js';
import { checkout, openShop, problem, TOTAL_MINOR } from '../shop.js';

describe('a new checkout', () => {
  test('is accepted with the place of its order', async () => {
    const shop = openShop();
    const answer = await shop.post(checkout({ metadata: { gift: 'yes' } }));
    expect(answer.status).toBe(202);
    expect(answer.headers.get('location')).toBe('/v1/orders/order-1');
    expect(answer.headers.get('idempotency-replayed')).toBeNull();
    expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
    expect(answer.body).toEqual({
      id: 'order-1',
      status: 'pending',
      customer_id: 'customer-7',
      customer_email: null,
      customer_phone: null,
      shipping_address: null,
      billing_address: null,
      currency: 'EUR',
      total_minor: TOTAL_MINOR,
      items: [
        { sku: 'ink', name: 'Ink', quantity: 1, unit_price_minor: 990 },
        { sku: 'pen', name: 'Fountain pen', quantity: 2, unit_price_minor: 4_900 },
      ],
      adjustments: [],
      payment: { method: 'pm_ok', state: 'none', captured_minor: 0, refunded_minor: 0, attempts: [] },
      refunds: [],
      fulfilment_status: 'none',
      fulfilments: [],
      failure: null,
      cancel_requested: false,
      cancel_reason: null,
      hold_expires_at: null,
      waiting: null,
      actions: ['cancel'],
      dead_letters: [],
      metadata: { gift: 'yes' },
      version: 1,
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      updated_at: answer.body['created_at'],
      links: {
        self: '/v1/orders/order-1',
        events: '/v1/orders/order-1/events',
        stream: '/v1/orders/order-1/stream',
        workflows: [{ id: 'order-order-1', url: 'http://ui/order-1' }],
      },
    });
  });

  test('has shipping, tax and discounts in its total, and shows them in the order of the checkout', async () => {
    const adjustments = [
      { type: 'shipping', label: 'Post', amount_minor: 490 },
      { type: 'discount', label: 'WELCOME', amount_minor: -990, sku: 'ink' },
      { type: 'tax', label: 'VAT', amount_minor: 0 },
    ];
    const shop = openShop();
    const total = TOTAL_MINOR + 490 - 990;
    expect(await shop.post(checkout({ adjustments, total_minor: TOTAL_MINOR }))).toMatchObject(
      problem(409, 'price-changed', { total_minor: total }),
    );
    const { status, body } = await shop.post(checkout({ adjustments, total_minor: total }));
    expect([status, body['total_minor']]).toEqual([202, total]);
    expect(body['adjustments']).toEqual(adjustments.map((one) => ({ sku: null, ...one })));
    expect(shop.runs.get('order-1')?.order).toMatchObject({ totalMinor: total });
  });

  test('keeps where the goods and the invoice go and how the customer is reached', async () => {
    const contact = {
      customer_phone: '+44 20 7946 0018',
      shipping_address: {
        name: 'Ada',
        line1: '12 St James Square',
        city: 'London',
        postal_code: 'SW1Y',
        country: 'GB',
      },
      billing_address: { name: 'A', line1: 'b', line2: 'c', city: 'd', region: 'e', postal_code: 'f', country: 'XK' },
    };
    const shop = openShop();
    const { status, body } = await shop.post(checkout(contact));
    expect(status).toBe(202);
    expect(body).toMatchObject({
      ...contact,
      shipping_address: { ...contact.shipping_address, line2: null, region: null },
    });
    expect(await shop.post(checkout(contact))).toMatchObject({ status: 200 });
    expect(await shop.post(checkout({ ...contact, customer_phone: '112' }))).toMatchObject({ status: 409 });
  });

  test('is the same without adjustments and with an empty list of them, and another one with some', async () => {
    const shop = openShop();
    await shop.post(checkout());
    expect((await shop.post(checkout({ adjustments: [] }))).status).toBe(200);
    const adjustments = [{ type: 'fee', label: 'Gift wrap', amount_minor: 0 }];
    expect(await shop.post(checkout({ adjustments }))).toMatchObject(problem(409, 'order-conflict'));
  });

  test('starts one workflow with the priced order, and writes nothing', async () => {
    const shop = openShop();
    await shop.post(checkout({ total_minor: TOTAL_MINOR }), { 'x-request-id': 'request-1' });
    expect(shop.calls).toEqual(['reader.forCheckout', 'workflows.start']);
    expect([...shop.runs.values()]).toEqual([
      {
        policy: DEFAULT_POLICY,
        order: {
          orderId: 'order-1',
          customerId: 'customer-7',
          currency: 'EUR',
          lines: [
            { sku: 'ink', name: 'Ink', quantity: 1, unitPriceMinor: 990 },
            { sku: 'pen', name: 'Fountain pen', quantity: 2, unitPriceMinor: 4_900 },
          ],
          totalMinor: TOTAL_MINOR,
          paymentMethod: 'pm_ok',
          metadata: {},
          fingerprint: expect.stringMatching(/^[0-9a-f]{64}$/),
          requestId: 'request-1',
          actor: { requestId: 'request-1' },
          acceptedAt: expect.any(String),
        },
      },
    ]);
  });

  test('has one line per product, however its lines were split', async () => {
    const shop = openShop();
    const pens = [1, 2, 3].map((quantity) => ({ sku: 'pen', quantity }));
    const { body } = await shop.post(checkout({ items: pens }));
    expect(body).toMatchObject({ items: [{ sku: 'pen', quantity: 6 }], total_minor: 29_400 });
  });
});

describe('the same checkout sent again', () => {
  test('is answered with the current state of its order, and starts nothing', async () => {
    const shop = openShop();
    const first = await shop.post(checkout());
    shop.writeRow('order-1', { status: 'confirmed', version: 3 });
    shop.calls.length = 0;
    const again = await shop.post(checkout());
    expect(again.status).toBe(200);
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.headers.get('location')).toBe('/v1/orders/order-1');
    expect(again.body).toMatchObject({
      ...first.body,
      status: 'confirmed',
      version: 3,
      actions: ['cancel', 'fulfill'],
    });
    expect(shop.calls).not.toContain('workflows.start');
  });

  test('is a replay also while only the workflow knows of the order', async () => {
    const shop = openShop();
    const first = await shop.post(checkout());
    const again = await shop.post(checkout());
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(shop.runs.size).toBe(1);
  });

  test('is a replay even if only the row is left, after Temporal has forgotten the workflow', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.writeRow('order-1', { status: 'completed' });
    shop.runs.clear();
    expect(await shop.post(checkout())).toMatchObject({ status: 200, body: { status: 'completed' } });
    expect(shop.runs.size).toBe(0);
  });

  test('may have its lines in another order and its quantities split', async () => {
    const shop = openShop();
    await shop.post(checkout({ metadata: { a: '1', b: '2' } }));
    const items = ['pen', 'ink', 'pen'].map((sku) => ({ sku, quantity: 1 }));
    expect(await shop.post(checkout({ items, metadata: { b: '2', a: '1' } }))).toMatchObject({ status: 200 });
  });

  test('is not refused when it was started by another process at the same moment', async () => {
    const shop = openShop();
    const answers = await Promise.all(Array.from({ length: 20 }, () => shop.post(checkout())));
    const accepted = answers.filter(({ status }) => status === 202);
    const replayed = answers.filter(({ status }) => status === 200);
    expect([accepted.length, replayed.length]).toEqual([1, 19]);
    expect(new Set(answers.map(({ body }) => body['created_at'])).size).toBe(1);
  });
});

describe('another checkout under the same id', () => {
  test.each([
    ['customer', { customer_id: 'customer-8' }],
    ['e-mail address', { customer_email: 'ada@example.com' }],
    ['quantity', { items: [{ sku: 'pen', quantity: 3 }] }],
    ['payment method', { payment: { method: 'pm_declined' } }],
    ['metadata', { metadata: { gift: 'no' } }],
    ['expected total', { total_minor: TOTAL_MINOR }],
  ])('is a conflict when the %s differs', async (_what, changes) => {
    const shop = openShop();
    await shop.post(checkout());
    const conflict = problem(409, 'order-conflict', { order: '/v1/orders/order-1' });
    expect(await shop.post(checkout(changes))).toMatchObject(conflict);
    shop.writeRow('order-1');
    expect(await shop.post(checkout(changes))).toMatchObject(conflict);
    shop.runs.clear();
    expect(await shop.post(checkout(changes))).toMatchObject(conflict);
  });

  test('is a conflict even if it could not be ordered at all', async () => {
    const shop = openShop();
    await shop.post(checkout());
    const answer = await shop.post(checkout({ items: [{ sku: 'unicorn', quantity: 1 }] }));
    expect(answer).toMatchObject(problem(409, 'order-conflict'));
  });

  test('does not show the order it conflicts with', async () => {
    const shop = openShop();
    await shop.post(checkout({ customer_id: 'somebody-else' }));
    expect((await shop.post(checkout())).text).not.toContain('somebody-else');
  });
});

describe('a checkout that says what it expects to pay', () => {
  test('is accepted when that is the total', async () => {
    expect(await openShop().post(checkout({ total_minor: TOTAL_MINOR }))).toMatchObject({ status: 202 });
  });

  test('is refused with the total of now when that is another one, and starts nothing', async () => {
    const shop = openShop();
    shop.changePrice('pen', 5_000);
    const answer = await shop.post(checkout({ total_minor: TOTAL_MINOR }));
    expect(answer).toMatchObject(problem(409, 'price-changed', { total_minor: 10_990 }));
    expect(shop.runs.size).toBe(0);
  });

  test('is refused even if it expects to pay nothing', async () => {
    expect(await openShop().post(checkout({ total_minor: 0 }))).toMatchObject(problem(409, 'price-changed'));
  });

  test('is replayed at its old price when the price changed after it was accepted', async () => {
    const shop = openShop();
    await shop.post(checkout({ total_minor: TOTAL_MINOR }));
    shop.changePrice('pen', 5_000);
    const replay = { status: 200, body: { total_minor: TOTAL_MINOR } };
    expect(await shop.post(checkout({ total_minor: TOTAL_MINOR }))).toMatchObject(replay);
    shop.writeRow('order-1');
    expect(await shop.post(checkout({ total_minor: TOTAL_MINOR }))).toMatchObject(replay);
  });
});

describe('a checkout that was accepted', () => {
  test('is replayed when its product is no longer in the catalog, though only its workflow knows it', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.products.clear();
    expect(await shop.post(checkout())).toMatchObject({ status: 200, body: { id: 'order-1' } });
  });

  test('keeps the price at which it was accepted', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.changePrice('pen', 1);
    expect(await shop.post(checkout())).toMatchObject({ status: 200, body: { total_minor: TOTAL_MINOR } });
  });
});

test('a checkout that costs nothing is refused before there is an order: no gateway charges nothing', async () => {
  const shop = openShop();
  for (const [sku, product] of shop.products) shop.products.set(sku, { ...product, unitPriceMinor: 0 });
  const answer = await shop.post(checkout());
  expect(answer).toMatchObject({ status: 422, body: { code: 'validation-error', errors: [{ pointer: '/items' }] } });
  expect(shop.runs.size).toBe(0);
});
