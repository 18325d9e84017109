import { beforeEach, describe, expect, it } from '@jest/globals';
import type { RequestedRefund } from '../../../../src/domain/requested-refund.js';
import { aRefund, CAPTURED, openDesk, type Desk } from '../desk.js';

const PATH = '/v1/orders/order-1/refunds';
const BODY = { amount_minor: 1_000, reason: 'arrived broken' };
const KEY = { 'idempotency-key': 'key-1' };

describe('POST /v1/orders/:id/refunds', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = openDesk();
    desk.has('order-1', { status: 'confirmed', attempts: [CAPTURED] });
    desk.answers.refund = async (request) => {
      desk.has('order-1', { status: 'confirmed', attempts: [CAPTURED], refunds: [stored(request)] });
      return { kind: 'admitted' };
    };
  });

  it('answers 202 with the refund and where its order is', async () => {
    const { status, headers, body } = await desk.post(PATH, BODY, KEY);
    expect({ status, location: headers.get('location'), body }).toMatchObject({
      status: 202,
      location: '/v1/orders/order-1',
      body: { order_id: 'order-1', amount_minor: 1_000, state: 'pending', reason: 'arrived broken' },
    });
    expect(body['id']).toMatch(/^rf_[\w-]{43}$/);
  });

  it('is the same refund for the same key, and asks no workflow again', async () => {
    const first = await desk.post(PATH, BODY, KEY);
    const again = await desk.post(PATH, { reason: 'arrived broken', restock: false, amount_minor: 1_000 }, KEY);
    expect(again).toMatchObject({ status: 200, body: { id: first.body['id'] } });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(desk.requestsTo('refund')).toHaveLength(1);
  });

  it('is another refund for another key, and for the same key on another order', async () => {
    await desk.post(PATH, BODY, KEY);
    await desk.post(PATH, BODY, { 'idempotency-key': 'key-2' });
    desk.has('order-2', { status: 'confirmed' });
    desk.answers.refund = async () => ({ kind: 'refused', code: 'not_refundable', status: 'confirmed' });
    await desk.post('/v1/orders/order-2/refunds', BODY, KEY);
    const ids = desk.requestsTo('refund').map(([request]) => (request as RequestedRefund).refundId);
    expect(new Set(ids).size).toBe(3);
  });

  it('refuses another body under the same key', async () => {
    await desk.post(PATH, BODY, KEY);
    const other = await desk.post(PATH, { ...BODY, restock: true }, KEY);
    expect(other).toMatchObject({ status: 409, body: { code: 'idempotency-conflict' } });
  });

  it('refuses the second of two bodies that use one key at once', async () => {
    desk.answers.refund = async (request) => {
      desk.has('order-1', { status: 'confirmed', refunds: [stored({ ...request, fingerprint: 'of the first' })] });
      return { kind: 'admitted' };
    };
    expect(await desk.post(PATH, BODY, KEY)).toMatchObject({ status: 409, body: { code: 'idempotency-conflict' } });
  });

  it('says how much is left when more is asked for', async () => {
    const earlier = [aRefund({ amountMinor: 3_000, state: 'succeeded' }), aRefund({ id: 'rf_2', state: 'failed' })];
    desk.has('order-1', { status: 'confirmed', attempts: [CAPTURED], refunds: earlier });
    desk.answers.refund = async () => ({ kind: 'refused', code: 'refund_exceeds_captured', status: 'confirmed' });
    expect(await desk.post(PATH, BODY, KEY)).toMatchObject({
      status: 422,
      body: { code: 'refund-exceeds-captured', max_refundable_minor: 998 },
    });
  });

  it('says what to send when goods are to come back for a part of the money', async () => {
    desk.answers.refund = async () => ({ kind: 'refused', code: 'restock_needs_full_refund', status: 'confirmed' });
    expect(await desk.post(PATH, { ...BODY, restock: true }, KEY)).toMatchObject({
      status: 422,
      body: {
        code: 'restock-needs-full-refund',
        max_refundable_minor: 3_998,
        errors: [{ pointer: '/amount_minor', detail: 'must be 3998, or omitted, with restock' }],
      },
    });
  });

  it('says which refund has brought the goods back when another one is to', async () => {
    const refunds = [aRefund({ id: 'rf_1', state: 'succeeded', restock: true })];
    desk.has('order-1', { status: 'completed', attempts: [CAPTURED], refunds });
    desk.answers.refund = async () => ({ kind: 'refused', code: 'goods_returned', status: 'completed' });
    expect(await desk.post(PATH, { ...BODY, restock: true }, KEY)).toMatchObject({
      status: 409,
      body: { code: 'goods-returned', refund_id: 'rf_1', errors: [{ pointer: '/restock' }] },
    });
  });

  it('refuses an order that is not paid', async () => {
    desk.answers.refund = async () => ({ kind: 'refused', code: 'not_refundable', status: 'reserved' });
    expect(await desk.post(PATH, BODY, KEY)).toMatchObject({
      status: 409,
      body: { code: 'not-refundable', order_status: 'reserved' },
    });
  });

  it('asks for all that is left when no amount is given', async () => {
    await desk.post(PATH, { reason: 'lost' }, KEY);
    expect(desk.requestsTo('refund')).toMatchObject([[{ orderId: 'order-1', reason: 'lost', restock: false }, {}]]);
    expect(desk.requestsTo('refund')[0]?.[0]).not.toHaveProperty('amountMinor');
  });

  it('wants an Idempotency-Key, an order that exists and a positive whole amount', async () => {
    expect(await desk.post(PATH, BODY)).toMatchObject({ status: 400, body: { code: 'idempotency-key-missing' } });
    expect(await desk.post('/v1/orders/nobody/refunds', BODY, KEY)).toMatchObject({ status: 404 });
    for (const amount_minor of [0, -1, 1.5, '1000']) {
      const answer = await desk.post(PATH, { ...BODY, amount_minor }, KEY);
      expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/amount_minor' }] } });
    }
  });
});

function stored({ refundId, amountMinor, reason, restock, fingerprint }: RequestedRefund) {
  return aRefund({ id: refundId, amountMinor: amountMinor ?? 3_998, reason, restock, fingerprint });
}
