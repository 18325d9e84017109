import { beforeEach, describe, expect, it } from '@jest/globals';
import type { Fulfilment, RequestedFulfilment } from '../../../../src/domain/fulfilment.js';
import { aRefund, openDesk, type Desk } from '../desk.js';

const KEY = { 'idempotency-key': 'parcel-1' };

describe('POST /v1/orders/:id/fulfilments', () => {
  let desk: Desk;
  const ship = (body: unknown = {}, headers: Record<string, string> = KEY) =>
    desk.post('/v1/orders/order-1/fulfilments', body, headers);
  const lastAsked = () => desk.requestsTo('createFulfilment').at(-1)?.[0] as RequestedFulfilment;

  beforeEach(() => {
    desk = openDesk();
    desk.has('order-1', { status: 'confirmed' });
    desk.answers.createFulfilment = async (asked) => {
      const { fulfilmentId: id, items = [], carrier, trackingNumber, trackingUrl, fingerprint } = asked;
      const parcel = { carrier, trackingNumber, trackingUrl, fingerprint };
      const fulfilment: Fulfilment = { ...parcel, id, items, createdAt: '2026-11-02T07:00:00.000Z' };
      desk.has('order-1', { status: 'confirmed', fulfilments: [fulfilment] });
      return { kind: 'admitted' };
    };
  });

  it('records a parcel with merged items and how it travels', async () => {
    const items = [
      { sku: 'product-A', quantity: 1 },
      { sku: 'product-A', quantity: 1 },
    ];
    const travel = { carrier: 'DHL', tracking_number: '0034', tracking_url: 'https://carrier.example/0034' };
    const answer = await ship({ items, ...travel });
    expect(answer).toMatchObject({
      status: 201,
      body: { order_id: 'order-1', items: [{ sku: 'product-A', quantity: 2 }], ...travel },
    });
    expect(lastAsked()).toMatchObject({ orderId: 'order-1', trackingUrl: travel.tracking_url });
    expect((await desk.get('/v1/orders/order-1')).body).toMatchObject({ fulfilment_status: 'partial' });
  });

  it('needs no body: the rest of the order ships', async () => {
    expect((await ship(undefined)).status).toBe(201);
    expect(lastAsked()).not.toHaveProperty('items');
  });

  it('answers the same key with the same parcel, and refuses another one under it', async () => {
    await ship({ carrier: 'DHL' });
    const again = await ship({ carrier: 'DHL' });
    expect(again).toMatchObject({ status: 200, body: { carrier: 'DHL' } });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(await ship({ carrier: 'UPS' })).toMatchObject({ status: 409, body: { code: 'idempotency-conflict' } });
    expect(desk.requestsTo('createFulfilment')).toHaveLength(1);
    expect(await ship({}, {})).toMatchObject({ status: 400, body: { code: 'idempotency-key-missing' } });
  });

  it.each([
    ['not_fulfillable', 'not-fulfillable'],
    ['goods_returned', 'goods-returned'],
    ['exceeds_unshipped', 'exceeds-unshipped'],
    ['idempotency_conflict', 'idempotency-conflict'],
  ] as const)('refuses as the database decided: %s', async (code, problem) => {
    desk.has('order-1', { status: 'confirmed', refunds: [aRefund({ restock: true })] });
    desk.answers.createFulfilment = async () => ({ kind: 'refused', code, status: 'confirmed' });
    expect(await ship()).toMatchObject({ status: 409, body: { code: problem } });
  });

  it.each([
    [{ items: [] }, '/items'],
    [{ items: [{ sku: 'product-A', quantity: 0 }] }, '/items/0/quantity'],
    [{ tracking_url: 'ftp://carrier.example/0034' }, '/tracking_url'],
    [{ tracking_url: 'https://a.example/a b' }, '/tracking_url'],
    [{ carrier: '' }, '/carrier'],
    [{ weight: 1 }, '/weight'],
  ])('refuses %j', async (body, pointer) => {
    expect(await ship(body)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
  });
});
