import { beforeEach, describe, expect, it } from '@jest/globals';
import { openDesk, type Desk } from '../desk.js';

const PATH = '/v1/products/product-A/stock-adjustments';
const KEY = { 'idempotency-key': 'key-1' };
const LEVEL = { sku: 'product-A', onHand: 15, reserved: 3 };

let desk: Desk;
beforeEach(() => {
  desk = openDesk();
});

describe('POST /v1/products/:sku/stock-adjustments', () => {
  const adjust = (headers: Record<string, string> = KEY, delta: unknown = 5) =>
    desk.post(PATH, { delta, reason: 'delivery' }, headers);

  it('answers 201 with the new stock', async () => {
    const given: unknown[] = [];
    desk.stock.adjust = async (adjustment) => {
      given.push(adjustment);
      return { kind: 'adjusted', stock: LEVEL };
    };
    expect(await adjust()).toMatchObject({ status: 201, body: { on_hand: 15, reserved: 3, available: 12 } });
    const actor = { requestId: expect.any(String) };
    expect(given).toEqual([{ sku: 'product-A', delta: 5, reason: 'delivery', idempotencyKey: 'key-1', actor }]);
  });

  it('answers 200 to the same again', async () => {
    desk.stock.adjust = async () => ({ kind: 'replayed', stock: LEVEL });
    const answer = await adjust();
    expect(answer).toMatchObject({ status: 200, body: { on_hand: 15 } });
    expect(answer.headers.get('idempotency-replayed')).toBe('true');
  });

  it('refuses to go below what is reserved, and another adjustment under the same key', async () => {
    desk.stock.adjust = async () => ({ kind: 'below_reserved', stock: LEVEL });
    expect(await adjust(KEY, -13)).toMatchObject({
      status: 409,
      body: { code: 'stock-below-reserved', on_hand: 15, reserved: 3 },
    });
    desk.stock.adjust = async () => ({ kind: 'conflict' });
    expect(await adjust()).toMatchObject({ status: 409, body: { code: 'idempotency-conflict' } });
  });

  it('wants a product that exists, a key and a whole delta that is not 0', async () => {
    expect(await adjust()).toMatchObject({ status: 404 });
    expect(await adjust({})).toMatchObject({ status: 400, body: { code: 'idempotency-key-missing' } });
    for (const delta of [0, 1.5, '5', 1e12]) {
      expect(await adjust(KEY, delta)).toMatchObject({ status: 422, body: { errors: [{ pointer: '/delta' }] } });
    }
  });
});

describe('GET /v1/products/:sku/stock-movements', () => {
  const movement = (id: number) => ({
    id,
    kind: 'adjust',
    onHandDelta: 1,
    reservedDelta: 0,
    orderId: null,
    reason: 'delivery',
    actor: null,
    createdAt: '2026-01-01T00:00:00.000Z',
  });

  it('pages through the history, newest first', async () => {
    desk.stock.movements = async (_sku, limit, before = 4) =>
      [3, 2, 1]
        .filter((id) => id < before)
        .slice(0, limit)
        .map(movement);
    const first = await desk.get('/v1/products/product-A/stock-movements?limit=2');
    expect(first.body).toMatchObject({ data: [{ id: 3, on_hand_delta: 1 }, { id: 2 }] });
    const cursor = String(first.body['next_cursor']);
    const rest = await desk.get(`/v1/products/product-A/stock-movements?limit=2&cursor=${cursor}`);
    expect(rest.body).toMatchObject({ data: [{ id: 1 }], next_cursor: null });
  });

  it('does not know an unknown product', async () => {
    expect(await desk.get('/v1/products/product-A/stock-movements')).toMatchObject({ status: 404 });
  });
});
