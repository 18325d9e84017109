import { describe, expect, test } from '@jest/globals';
import { Unavailable } from '../../../../src/domain/unavailable.js';
import type { OrderStatus } from '../../../../src/domain/order.js';
import { checkout, openShop } from '../shop.js';

/** A shop whose orders reach this status while a checkout waits. */
function shopThatReaches(status: OrderStatus) {
  const shop = openShop();
  shop.onWait = (orderId) => shop.writeRow(orderId, { status, version: 2 });
  return shop;
}

describe('a checkout that prefers to wait', () => {
  test.each<OrderStatus>(['confirmed', 'failed', 'cancelled', 'completed'])(
    'gets its order when it is %s',
    async (status) => {
      const shop = shopThatReaches(status);
      const answer = await shop.post(checkout(), { prefer: 'wait=5' });
      expect(answer).toMatchObject({ status: 201, body: { status, version: 2 } });
      expect(answer.headers.get('preference-applied')).toBe('wait=5');
      expect(answer.headers.get('location')).toBe('/v1/orders/order-1');
      expect(shop.waits).toEqual([{ orderId: 'order-1', ms: 5_000 }]);
    },
  );

  test.each<OrderStatus>(['pending', 'in_review', 'reserved', 'payment_unknown', 'compensating', 'cancelling'])(
    'gets 202 when its order is only %s by then',
    async (status) => {
      const answer = await shopThatReaches(status).post(checkout(), { prefer: 'wait=5' });
      expect(answer).toMatchObject({ status: 202, body: { status } });
    },
  );

  test('gets 202 when its order has no row by then', async () => {
    const answer = await openShop().post(checkout(), { prefer: 'wait=1' });
    expect(answer).toMatchObject({ status: 202, body: { status: 'pending' } });
  });

  test.each(['31', '60', '999999', '9999999', '99999999999999999999'])('for %s seconds waits 30', async (seconds) => {
    const shop = shopThatReaches('confirmed');
    const answer = await shop.post(checkout(), { prefer: `wait=${seconds}` });
    expect(answer.status).toBe(201);
    expect(answer.headers.get('preference-applied')).toBe('wait=30');
    expect(shop.waits).toEqual([{ orderId: 'order-1', ms: 30_000 }]);
  });

  test.each([
    'WAIT=5',
    'respond-async, wait=5',
    'wait=5, handling=lenient',
    'handling=strict,wait=5',
    'wait="5"',
    'wait = 5',
  ])('may say so as %s', async (prefer) => {
    const shop = shopThatReaches('confirmed');
    expect(await shop.post(checkout(), { prefer })).toMatchObject({ status: 201 });
    expect(shop.waits).toEqual([{ orderId: 'order-1', ms: 5_000 }]);
  });

  test.each(['', 'wait', 'wait=', 'wait=soon', 'wait=-1', 'wait=1.5', 'nowait=5', 'respond-async'])(
    'does not say so with "%s", and that is no fault',
    async (prefer) => {
      const shop = shopThatReaches('confirmed');
      const answer = await shop.post(checkout(), { prefer });
      expect(answer).toMatchObject({ status: 202, body: { status: 'pending' } });
      expect(answer.headers.get('preference-applied')).toBeNull();
      expect(shop.waits).toEqual([]);
    },
  );

  test('is accepted even if its order cannot be read after the wait', async () => {
    const shop = openShop();
    shop.onWait = () => shop.faults.set('reader.find', new Unavailable('database', new Error('away')));
    const answer = await shop.post(checkout(), { prefer: 'wait=1' });
    expect(answer).toMatchObject({ status: 202, body: { id: 'order-1', status: 'pending' } });
  });

  test('waits for its order when it is a replay', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.writeRow('order-1', { status: 'reserved', version: 2 });
    shop.onWait = (orderId) => shop.writeRow(orderId, { status: 'confirmed', version: 3 });
    const answer = await shop.post(checkout(), { prefer: 'wait=5' });
    expect(answer).toMatchObject({ status: 200, body: { status: 'confirmed' } });
    const headers = ['preference-applied', 'idempotency-replayed'].map((name) => answer.headers.get(name));
    expect(headers).toEqual(['wait=5', 'true']);
    expect(shop.waits).toEqual([{ orderId: 'order-1', ms: 5_000 }]);
  });

  test('has nothing to wait for when it is a replay of a settled order', async () => {
    const shop = openShop();
    await shop.post(checkout());
    shop.writeRow('order-1', { status: 'confirmed', version: 3 });
    const answer = await shop.post(checkout(), { prefer: 'wait=5' });
    expect(answer).toMatchObject({ status: 200, body: { status: 'confirmed' } });
    expect(answer.headers.get('preference-applied')).toBe('wait=5');
    expect(shop.waits).toEqual([]);
  });

  test('does not wait when it is refused', async () => {
    const shop = openShop();
    expect(await shop.post(checkout({ total_minor: 1 }), { prefer: 'wait=5' })).toMatchObject({ status: 409 });
    expect(shop.waits).toEqual([]);
  });
});
