import { describe, expect, test } from '@jest/globals';
import { Unavailable } from '../../../../src/domain/unavailable.js';
import { checkout, checkoutWithout, openShop, problem } from '../shop.js';

const anonymous = checkoutWithout('order_id');

describe('an Idempotency-Key without an order_id', () => {
  test('makes the id of the order, and always the same one', async () => {
    const shop = openShop();
    const first = await shop.post(anonymous, { 'idempotency-key': 'key-1' });
    expect(first).toMatchObject({ status: 202, body: { id: expect.stringMatching(/^[A-Za-z0-9_-]{1,64}$/) } });
    expect(first.headers.get('location')).toBe(`/v1/orders/${String(first.body['id'])}`);
    const again = await shop.post(anonymous, { 'idempotency-key': 'key-1' });
    expect(again).toMatchObject({ status: 200, body: first.body });
    expect(shop.runs.size).toBe(1);
  });

  test('makes another id from another key', async () => {
    const shop = openShop();
    const answers = await Promise.all(
      ['key-1', 'key-2', 'KEY-1'].map((key) => shop.post(anonymous, { 'idempotency-key': key })),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 202, 202]);
    expect(new Set(answers.map(({ body }) => body['id'])).size).toBe(3);
  });

  test('conflicts when it was used for another checkout', async () => {
    const shop = openShop();
    await shop.post(anonymous, { 'idempotency-key': 'key-1' });
    const other = { ...anonymous, customer_id: 'customer-8' };
    expect(await shop.post(other, { 'idempotency-key': 'key-1' })).toMatchObject(problem(409, 'order-conflict'));
  });

  test('leads to its order under the id that was answered', async () => {
    const shop = openShop();
    const { body } = await shop.post(anonymous, { 'idempotency-key': 'key-1' });
    expect(await shop.get(String(body['id']))).toMatchObject({ status: 200, body: { id: body['id'] } });
  });

  test.each(['k', 'a'.repeat(255), '"8e03978e-40d5-43dd-bc93-6894a57f9324"', '!~%/:'])('may be %s', async (key) => {
    expect(await openShop().post(anonymous, { 'idempotency-key': key })).toMatchObject({ status: 202 });
  });

  test.each([
    ['longer than 255 characters', 'a'.repeat(256)],
    ['in other letters than ASCII', 'schlüssel'],
    ['two words', 'a b'],
    ['split by a tab', 'a\tb'],
  ])('is refused when it is %s', async (_why, key) => {
    const shop = openShop();
    const answer = await shop.post(anonymous, { 'idempotency-key': key });
    expect(answer).toMatchObject(problem(400, 'idempotency-key-invalid'));
    expect(shop.calls).toEqual([]);
  });
});

describe('a checkout with neither order_id nor Idempotency-Key', () => {
  test.each([
    ['no header', {}],
    ['an empty header', { 'idempotency-key': '' }],
    ['a blank header', { 'idempotency-key': '  ' }],
  ])('is refused with %s, and says what to send', async (_what, headers) => {
    const shop = openShop();
    const answer = await shop.post(anonymous, headers);
    expect(answer).toMatchObject(problem(400, 'idempotency-key-missing'));
    expect(answer.body['detail']).toMatch(/order_id.*Idempotency-Key/);
    expect(shop.calls).toEqual([]);
  });
});

describe('a checkout with both order_id and Idempotency-Key', () => {
  test('is the order of its order_id', async () => {
    const shop = openShop();
    const answer = await shop.post(checkout(), { 'idempotency-key': 'key-1' });
    expect(answer).toMatchObject({ status: 202, body: { id: 'order-1' } });
    const otherKey = await shop.post(checkout(), { 'idempotency-key': 'key-2' });
    expect(otherKey).toMatchObject({ status: 200, body: { id: 'order-1' } });
  });

  test('is refused when its key came with another order_id before, and names that one', async () => {
    const shop = openShop();
    await shop.post(checkout({ order_id: 'try-1' }), { 'idempotency-key': 'key-1' });
    const answer = await shop.post(checkout({ order_id: 'try-2' }), { 'idempotency-key': '"key-1"' });
    expect(answer).toMatchObject(problem(409, 'idempotency-conflict', { order: '/v1/orders/try-1' }));
    expect(answer.body['detail']).toContain('try-1');
    expect([...shop.runs.keys()]).toEqual(['try-1']);
  });

  test('is one order when two come at once under one key', async () => {
    const shop = openShop();
    const ids = ['order-1', 'order-2'];
    const answers = await Promise.all(
      ids.map((id) => shop.post(checkout({ order_id: id }), { 'idempotency-key': 'key-1' })),
    );
    expect(answers.map(({ status }) => status)).toEqual([202, 409]);
    expect(shop.runs.size).toBe(1);
  });

  test('is refused when its key came with another order as that was sent again', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.writeRow('order-1');
    expect(await shop.post(checkout(), { 'idempotency-key': 'key-1' })).toMatchObject({ status: 200 });
    const other = await shop.post(checkout({ order_id: 'order-2' }), { 'idempotency-key': 'key-1' });
    expect(other).toMatchObject(problem(409, 'idempotency-conflict'));
  });

  test('is refused when its key alone made an order before, and the other way round', async () => {
    const shop = openShop();
    const { body } = await shop.post(anonymous, { 'idempotency-key': 'key-1' });
    shop.writeRow(String(body['id']));
    const both = await shop.post(checkout(), { 'idempotency-key': 'key-1' });
    expect(both).toMatchObject(problem(409, 'idempotency-conflict', { order: `/v1/orders/${String(body['id'])}` }));

    await shop.post(checkout(), { 'idempotency-key': 'key-2' });
    const alone = await shop.post(anonymous, { 'idempotency-key': 'key-2' });
    expect(alone).toMatchObject(problem(409, 'idempotency-conflict', { order: '/v1/orders/order-1' }));
  });

  test('keeps its key when it could not be started, and gets through when it is sent again', async () => {
    const shop = openShop();
    shop.faults.set('workflows.start', new Unavailable('temporal', new Error('away')));
    const send = (id: string) => shop.post(checkout({ order_id: id }), { 'idempotency-key': 'key-1' });
    expect(await send('order-1')).toMatchObject({ status: 503 });
    shop.faults.clear();
    expect(await send('order-2')).toMatchObject(problem(409, 'idempotency-conflict'));
    expect(await send('order-1')).toMatchObject({ status: 202 });
  });

  test('does not use its key up when the checkout is refused', async () => {
    const shop = openShop();
    const headers = { 'idempotency-key': 'key-1' };
    expect(await shop.post(checkout({ total_minor: 1 }), headers)).toMatchObject(problem(409, 'price-changed'));
    expect(await shop.post(checkout({ order_id: 'order-2' }), headers)).toMatchObject({ status: 202 });
  });

  test('costs one statement more than with one of the two', async () => {
    const shop = openShop();
    await shop.post(checkout());
    await shop.post(anonymous, { 'idempotency-key': 'key-1' });
    await shop.post(checkout({ order_id: 'order-2' }), { 'idempotency-key': 'key-2' });
    const accept = ['reader.forCheckout', 'workflows.start'];
    expect(shop.calls).toEqual([...accept, ...accept, 'reader.forCheckout', 'keys.claim', 'workflows.start']);
  });

  test('is refused with a key that could not be used alone', async () => {
    const answer = await openShop().post(checkout(), { 'idempotency-key': 'a'.repeat(256) });
    expect(answer).toMatchObject(problem(400, 'idempotency-key-invalid'));
  });
});

describe('an Idempotency-Key', () => {
  test.each([
    ['"key-1"', 'key-1'],
    ['"key-1"; a=b', 'key-1'],
    ['"say \\"a\\" \\\\"', '"say \\"a\\" \\\\";x'],
  ])('is the same as %s and as %s', async (one, other) => {
    const shop = openShop();
    const first = await shop.post(anonymous, { 'idempotency-key': one });
    const second = await shop.post(anonymous, { 'idempotency-key': other });
    expect([first.status, second.status, second.body['id']]).toEqual([202, 200, first.body['id']]);
  });

  test('may be two words in double quotes', async () => {
    expect(await openShop().post(anonymous, { 'idempotency-key': '"a b"' })).toMatchObject({ status: 202 });
  });

  test.each(['"', '""', '"a', '"a" b', '"a", "b"', '"a\\b"', `"${'a'.repeat(256)}"`])(
    'is refused as %s',
    async (key) => {
      const answer = await openShop().post(anonymous, { 'idempotency-key': key });
      expect(answer).toMatchObject(problem(400, 'idempotency-key-invalid'));
    },
  );
});
