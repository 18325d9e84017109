import { beforeEach, describe, expect, it } from '@jest/globals';
import type { OrderStatus } from '../../../../src/domain/order.js';
import { Unavailable } from '../../../../src/domain/unavailable.js';
import { openDesk, type Desk } from '../desk.js';

const cancel = (desk: Desk) => desk.post('/v1/orders/order-1/cancel', { reason: 'ordered twice' });

describe('POST /v1/orders/:id/cancel', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = openDesk();
  });

  it.each(['pending', 'in_review', 'reserved', 'payment_unknown', 'confirmed'] as OrderStatus[])(
    'tells the checkout while it runs, of a %s order',
    async (status) => {
      desk.has('order-1', { status });
      const body = { status, cancel_requested: true, cancel_reason: 'ordered twice' };
      expect(await cancel(desk)).toMatchObject({ status: 202, body });
      expect(desk.requestsTo('cancel')).toEqual([['order-1', 'ordered twice']]);
    },
  );

  it('keeps the cancel before it tells anyone, so that it holds although no one can be told', async () => {
    desk.has('order-1', { status: 'reserved' });
    const kept: unknown[] = [];
    desk.answers.cancel = async () => {
      kept.push(desk.cancels.accepted.get('order-1'));
      throw new Unavailable('temporal', new Error('away'));
    };
    expect(await cancel(desk)).toMatchObject({ status: 503 });
    expect(kept).toEqual(['ordered twice']);
  });

  it('tells the reason that was kept first, and shows it', async () => {
    desk.has('order-1', { status: 'reserved' });
    desk.cancels.accepted.set('order-1', 'asked by phone');
    expect(await cancel(desk)).toMatchObject({ status: 202, body: { cancel_reason: 'asked by phone' } });
    expect(desk.requestsTo('cancel')).toEqual([['order-1', 'asked by phone']]);
  });

  it.each([
    ['completed', 409],
    ['cancelling', 202],
  ] as const)('tells no one when the order has become %s before its cancel was kept', async (status, answer) => {
    desk.has('order-1', { status: 'confirmed' });
    desk.cancels.onAccept = () => desk.has('order-1', { status });
    expect(await cancel(desk)).toMatchObject({ status: answer });
    expect(desk.asked).toEqual([]);
    expect(desk.cancels.accepted.size).toBe(0);
  });

  it.each(['failed', 'completed', 'compensating'] as OrderStatus[])('refuses a %s order', async (status) => {
    desk.has('order-1', { status });
    expect(await cancel(desk)).toMatchObject({ status: 409, body: { code: 'not-cancellable', order_status: status } });
    expect(desk.asked).toEqual([]);
    expect(desk.cancels.accepted.size).toBe(0);
  });

  it('is idempotent: 202 while cancelling and 200 once cancelled, without asking again', async () => {
    desk.has('order-1', { status: 'cancelling' });
    expect(await cancel(desk)).toMatchObject({ status: 202 });
    desk.has('order-1', { status: 'cancelled' });
    expect(await cancel(desk)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
    expect(desk.asked).toEqual([]);
  });

  it('starts the cancel of a settled order when the checkout is over', async () => {
    desk.has('order-1', { status: 'confirmed' });
    desk.answers.cancel = async () => false;
    desk.answers.cancelSettled = async () => {
      desk.has('order-1', { status: 'cancelling', cancelRequested: true });
      return { kind: 'admitted' };
    };
    expect(await cancel(desk)).toMatchObject({ status: 202, body: { status: 'cancelling', cancel_requested: true } });
  });

  it('believes the row that the closing checkout wrote last, not the one read before', async () => {
    desk.has('order-1', { status: 'reserved' });
    desk.answers.cancel = async () => {
      desk.has('order-1', { status: 'failed' });
      return false;
    };
    expect(await cancel(desk)).toMatchObject({
      status: 409,
      body: { code: 'not-cancellable', order_status: 'failed' },
    });
  });

  it('answers as the database decided when fulfillment was first', async () => {
    desk.has('order-1', { status: 'confirmed' });
    desk.answers.cancel = async () => false;
    desk.answers.cancelSettled = async () => {
      desk.has('order-1', { status: 'completed' });
      return { kind: 'refused', code: 'not_cancellable', status: 'completed' };
    };
    expect(await cancel(desk)).toMatchObject({ status: 409, body: { order_status: 'completed' } });
  });

  it('answers 200 when another cancel was first', async () => {
    desk.has('order-1', { status: 'confirmed' });
    desk.answers.cancel = async () => false;
    desk.answers.cancelSettled = async () => {
      desk.has('order-1', { status: 'cancelled' });
      return { kind: 'refused', code: 'already_cancelled', status: 'cancelled' };
    };
    expect(await cancel(desk)).toMatchObject({ status: 200, body: { status: 'cancelled' } });
  });

  it.each(['pending', 'in_review', 'reserved', 'payment_unknown'] as OrderStatus[])(
    'has the recovery cancel a %s order whose checkout is gone',
    async (status) => {
      desk.has('order-1', { status });
      desk.answers.cancel = async () => false;
      expect(await cancel(desk)).toMatchObject({ status: 202, body: { status, cancel_requested: true } });
      expect(desk.requestsTo('cancelInterrupted')).toMatchObject([[{ orderId: 'order-1' }, {}, 'ordered twice']]);
      expect(desk.requestsTo('cancelSettled')).toEqual([]);
    },
  );

  it.each([
    ['confirmed', 202, 1],
    ['cancelled', 200, 0],
    ['failed', 409, 0],
  ] as const)('answers an order that its recovery has just made %s as any other', async (status, answer, cancels) => {
    desk.has('order-1', { status: 'reserved' });
    desk.answers.cancel = async () => false;
    desk.answers.cancelInterrupted = async () => desk.has('order-1', { status });
    expect(await cancel(desk)).toMatchObject({ status: answer });
    expect(desk.requestsTo('cancelSettled')).toHaveLength(cancels);
  });

  it('does not know an unknown order', async () => {
    expect(await cancel(desk)).toMatchObject({ status: 404 });
  });

  it.each([
    ['no body', {}],
    ['an empty form, as curl sends it', { body: '', headers: { 'content-type': 'application/x-www-form-urlencoded' } }],
    ['an empty object', { body: '{}', headers: { 'content-type': 'application/json' } }],
  ])('takes %s for a cancel without a reason', async (_what, init) => {
    desk.has('order-1', { status: 'pending' });
    expect(await desk.ask('/v1/orders/order-1/cancel', { method: 'POST', ...init })).toMatchObject({ status: 202 });
    expect(desk.requestsTo('cancel')).toEqual([['order-1', 'no reason given']]);
  });

  it.each([
    [{ reason: '' }, 422],
    [{ reason: 'no', refund: true }, 422],
    [[], 422],
    [null, 422],
  ])('refuses %j as before', async (body, status) => {
    desk.has('order-1', { status: 'pending' });
    expect(await desk.post('/v1/orders/order-1/cancel', body)).toMatchObject({ status });
    expect(desk.asked).toEqual([]);
  });
});
