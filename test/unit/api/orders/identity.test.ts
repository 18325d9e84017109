import { describe, expect, test } from '@jest/globals';
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

  test('may use one key for two orders, since the key is not used', async () => {
    const shop = openShop();
    const ids = ['order-1', 'order-2'];
    const answers = await Promise.all(
      ids.map((id) => shop.post(checkout({ order_id: id }), { 'idempotency-key': 'key-1' })),
    );
    expect(answers.map(({ status, body }) => [status, body['id']])).toEqual(ids.map((id) => [202, id]));
  });

  test('may have a key that could not be used alone', async () => {
    const answer = await openShop().post(checkout(), { 'idempotency-key': 'a'.repeat(256) });
    expect(answer).toMatchObject({ status: 202 });
  });
});
