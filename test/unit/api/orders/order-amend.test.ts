import { beforeEach, describe, expect, it } from '@jest/globals';
import { openDesk, type Desk } from '../desk.js';

const ADA = { name: 'Ada', line1: '12 St James Square', city: 'London', country: 'GB' };

describe('PATCH /v1/orders/:id', () => {
  let desk: Desk;
  const change = (body: unknown, headers: Record<string, string> = {}) => {
    return desk.ask('/v1/orders/order-1', {
      method: 'PATCH',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
    });
  };
  beforeEach(() => {
    desk = openDesk();
    desk.has('order-1', { status: 'confirmed', version: 3 });
  });

  it('asks the workflow for what was sent, and answers with the order and its new ETag', async () => {
    desk.answers.amend = async () => {
      desk.has('order-1', { status: 'confirmed', version: 4 });
      return { kind: 'admitted' };
    };
    const answer = await change(
      { shipping_address: ADA, billing_address: null, metadata: { note: 'ring twice' } },
      { 'if-match': '"3"' },
    );
    expect(answer).toMatchObject({ status: 200, body: { version: 4 } });
    expect(answer.headers.get('etag')).toBe('"4"');
    expect(desk.requestsTo('amend')[0]?.[0]).toMatchObject({
      orderId: 'order-1',
      changeId: expect.stringMatching(/^[\w-]{43}$/),
      expected: [3],
      changes: { shippingAddress: ADA, billingAddress: null, metadata: { note: 'ring twice' } },
    });
  });

  it('sends the same change under the same id, and another one under another', async () => {
    const ids = async (...bodies: unknown[]) => {
      for (const body of bodies) await change(body);
      return desk.requestsTo('amend').map(([request]) => (request as { changeId: string }).changeId);
    };
    const [first, again, other] = await ids({ customer_phone: '1' }, { customer_phone: '1' }, { customer_phone: '2' });
    expect(again).toBe(first);
    expect(other).not.toBe(first);
    desk.has('order-1', { status: 'confirmed', version: 4 });
    expect((await ids({ customer_phone: '1' })).at(-1)).not.toBe(first);
  });

  it('was meant for another version: 412 with the ETag of this one, and nothing is asked', async () => {
    const answer = await change({ customer_phone: '1' }, { 'if-match': '"2"' });
    expect(answer).toMatchObject({ status: 412, body: { code: 'precondition-failed', version: 3 } });
    expect(answer.headers.get('etag')).toBe('"3"');
    expect(desk.requestsTo('amend')).toEqual([]);
    desk.answers.amend = async () => ({ kind: 'refused', code: 'stale', status: 'confirmed' });
    expect(await change({ customer_phone: '1' }, { 'if-match': '"3"' })).toMatchObject({ status: 412 });
  });

  it('comes too late: 409 says why and where the order can be cancelled', async () => {
    desk.answers.amend = async () => ({ kind: 'refused', code: 'not_changeable', status: 'completed' });
    expect(await change({ customer_phone: '1' })).toMatchObject({
      status: 409,
      body: { code: 'not-changeable', order_status: 'completed', cancel: '/v1/orders/order-1/cancel' },
    });
  });

  it.each(['items', 'adjustments', 'currency', 'customer_id', 'payment', 'total_minor'])(
    'never changes %s, and says what to do instead',
    async (name) => {
      const answer = await change({ [name]: 1 });
      expect(answer).toMatchObject({
        status: 409,
        body: {
          code: 'not-changeable',
          cancel: '/v1/orders/order-1/cancel',
          detail: expect.stringContaining('place a new one'),
          errors: [{ pointer: `/${name}`, detail: 'cannot be changed' }],
        },
      });
      expect(desk.requestsTo('amend')).toEqual([]);
    },
  );

  it.each([
    [{}, ''],
    [{ shipping_address: { ...ADA, country: 'gb' } }, '/shipping_address/country'],
    [{ metadata: null }, '/metadata'],
    [{ customer_phone: '1', colour: 'red' }, '/colour'],
  ])('refuses %j', async (body, pointer) => {
    expect(await change(body)).toMatchObject({ status: 422, body: { errors: [{ pointer }] } });
  });

  it('does not know an unknown order', async () => {
    desk.rows.clear();
    expect(await change({ customer_phone: '1' })).toMatchObject({ status: 404 });
  });
});
