import { beforeEach, describe, expect, it } from '@jest/globals';
import { Unavailable } from '../../../../src/domain/unavailable.js';
import { openDesk, type Desk } from '../desk.js';

const EVENT = { eventId: 'evt_1', type: 'charge.captured', chargeKey: 'o:charge:1', refundKey: null, orderId: 'o' };

describe('POST /webhooks/payments/:gateway', () => {
  let desk: Desk;
  beforeEach(() => {
    desk = openDesk();
    desk.seam.verification = { ok: true, event: EVENT };
  });
  const send = (gateway = 'sandbox', body: unknown = {}) => desk.post(`/webhooks/payments/${gateway}`, body);

  it('stores a signed message and answers 200, without Temporal', async () => {
    expect(await send()).toMatchObject({ status: 200 });
    expect(desk.inbox.get('evt_1')).toEqual({ gateway: 'sandbox', ...EVENT });
    expect(desk.asked).toEqual([]);
  });

  it('refuses a bad signature, without a trace', async () => {
    desk.seam.verification = { ok: false, reason: 'stale' };
    expect(await send()).toMatchObject({ status: 400, body: { code: 'invalid-signature' } });
    expect(desk.inbox.size).toBe(0);
    expect(desk.asked).toEqual([]);
  });

  it('tells a rightly signed message that is no event from a forged one', async () => {
    desk.seam.verification = { ok: false, reason: 'body_invalid' };
    expect(await send()).toMatchObject({ status: 400, body: { code: 'invalid-event' } });
    expect(desk.inbox.size).toBe(0);
    expect(desk.asked).toEqual([]);
  });

  it('does not know every gateway', async () => {
    desk.seam.verification = { unknownGateway: true };
    expect(await send('nobody')).toMatchObject({ status: 404 });
  });

  it('answers 503 while the database is unavailable, so that the gateway sends it again', async () => {
    desk.inbox.set = () => {
      throw new Unavailable('database', new Error('away'));
    };
    expect(await send()).toMatchObject({ status: 503 });
    expect(desk.asked).toEqual([]);
  });

  it('takes 64 KiB and no more', async () => {
    expect(await send('sandbox', 'x'.repeat(65_536))).toMatchObject({ status: 413 });
    expect(desk.inbox.size).toBe(0);
  });
});
