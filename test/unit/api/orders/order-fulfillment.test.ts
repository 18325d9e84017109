import { beforeEach, describe, expect, it } from '@jest/globals';
import { aRefund, openDesk, type Desk } from '../desk.js';

const fulfil = (desk: Desk) => desk.post('/v1/orders/order-1/fulfilment');

describe('POST /v1/orders/:id/fulfilment', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = openDesk();
    desk.has('order-1', { status: 'confirmed' });
    desk.answers.fulfil = async () => {
      desk.has('order-1', { status: 'completed' });
      return { kind: 'admitted' };
    };
  });

  it('completes a confirmed order, and says so again the second time', async () => {
    expect(await fulfil(desk)).toMatchObject({ status: 200, body: { status: 'completed' } });
    expect(await fulfil(desk)).toMatchObject({ status: 200, body: { status: 'completed' } });
    expect(desk.requestsTo('fulfil')).toHaveLength(1);
  });

  it('refuses as the database decided', async () => {
    desk.answers.fulfil = async () => ({ kind: 'refused', code: 'not_fulfillable', status: 'cancelling' });
    expect(await fulfil(desk)).toMatchObject({
      status: 409,
      body: { code: 'not-fulfillable', order_status: 'cancelling' },
    });
  });

  it('refuses to ship goods that come back, and names the refund that brings them', async () => {
    const refunds = [
      aRefund({ id: 'rf_1', state: 'failed', restock: true }),
      aRefund({ id: 'rf_2', restock: true }),
      aRefund({ id: 'rf_3' }),
    ];
    desk.has('order-1', { status: 'confirmed', refunds });
    desk.answers.fulfil = async () => ({ kind: 'refused', code: 'goods_returned', status: 'confirmed' });
    expect(await fulfil(desk)).toMatchObject({
      status: 409,
      body: { code: 'goods-returned', order_status: 'confirmed', refund_id: 'rf_2' },
    });
  });

  it('does not know an unknown order', async () => {
    expect(await desk.post('/v1/orders/nobody/fulfilment')).toMatchObject({ status: 404 });
  });
});
