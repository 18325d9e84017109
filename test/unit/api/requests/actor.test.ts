import { beforeEach, describe, expect, it } from '@jest/globals';
import { Hono } from 'hono';
import { actorOf } from '../../../../src/api/requests/actor-header.js';
import { openDesk, type Desk } from '../desk.js';

const app = new Hono<{ Variables: { requestId: string; keyId: string; keyName: string } }>();
app.use(async (c, next) => {
  c.set('requestId', 'request-1');
  c.set('keyId', 'k1');
  c.set('keyName', 'back office');
  await next();
});
app.get('/', (c) => c.json(actorOf(c)));

const actor = async (header?: string): Promise<unknown> =>
  (await app.request('/', header === undefined ? {} : { headers: { 'X-Actor': header } })).json();

const asBytes = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('on whose behalf a request acts', () => {
  it('is its key and its request, and a name if it gives one', async () => {
    const known = { requestId: 'request-1', keyId: 'k1', keyName: 'back office' };
    expect(await actor()).toEqual(known);
    expect(await actor('  ')).toEqual(known);
    expect(await actor(' Dana Scully ')).toEqual({ ...known, name: 'Dana Scully' });
  });

  it('takes names in UTF-8 and in Latin-1', async () => {
    expect(await actor(asBytes('Zoë Žižek 李 à'))).toMatchObject({ name: 'Zoë Žižek 李 à' });
    expect(await actor('Zoë')).toMatchObject({ name: 'Zoë' });
    expect(await actor(asBytes('👩🏽‍💻'.slice(0, 4).repeat(50)))).toMatchObject({ name: '👩🏽'.repeat(50) });
  });
});

describe('a request with an X-Actor that is no name', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = openDesk();
    desk.has('order-1', { status: 'confirmed' });
    desk.hasLetter('dl_1', { kind: 'payment_unknown' });
  });

  const GUARD = { 'idempotency-key': 'k1' };
  it.each([
    ['orders/order-1/cancel', { reason: 'no' }],
    ['orders/order-1/refunds', { reason: 'no' }],
    ['orders/order-1/review', { decision: 'approve' }],
    ['orders/order-1/fulfilment', undefined],
    ['dead-letters/dl_1/redrive', undefined],
    ['dead-letters/dl_1/discard', { note: 'no' }],
    ['dead-letters/dl_1/evidence', { outcome: 'not_charged', note: 'no' }],
    ['products/product-A/stock-adjustments', { delta: 1, reason: 'no' }],
  ])('is refused before anything is done: %s', async (path, body) => {
    for (const name of ['x'.repeat(101), asBytes('Dana\u202e'), 'Da\tna', asBytes('Dana\u2028')]) {
      const answer = await desk.post(`/v1/${path}`, body, { ...GUARD, 'x-actor': name });
      expect(answer).toMatchObject({
        status: 422,
        body: { code: 'validation-error', errors: [{ pointer: 'X-Actor' }] },
      });
    }
    expect([desk.asked, [...desk.cancels.accepted]]).toEqual([[], []]);
  });
});
