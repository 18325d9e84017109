import { expect, test } from '@jest/globals';
import type { ChargePlace, PaymentGateway } from '../../src/activities/payments.js';

/** A gateway to be tried, and what it calls things. */
export interface GatewayUnderTest {
  gateway: PaymentGateway;
  /** Payment methods that it takes money from, and that it declines. */
  methods: { taken: string; declined: string };
}

const signal = new AbortController().signal;
const MONEY = { amountMinor: 1_999, currency: 'EUR' };

let orders = 0;

/** What every payment gateway has to do, whatever provider is behind it. */
export function describeGateway(make: () => Promise<GatewayUnderTest> | GatewayUnderTest): void {
  async function start(kind: 'taken' | 'declined' = 'taken') {
    const { gateway, methods } = await make();
    const orderId = `contract-${(orders += 1)}`;
    const request = { key: `${orderId}:charge:1`, orderId, ...MONEY, method: methods[kind] };
    const at: ChargePlace = { gateway: gateway.name, chargeId: null };
    const refund = (amountMinor = MONEY.amountMinor, number = 1) => {
      const key = `${orderId}:refund:r:${number}`;
      return gateway.refund({ key, chargeKey: request.key, orderId, amountMinor, currency: 'EUR' }, signal, at);
    };
    return {
      /** As the activity does it: prepared first, where the gateway has such a step. */
      async charge() {
        const prepared = await gateway.prepare?.(request, signal);
        if (prepared?.kind === 'prepared') at.chargeId = prepared.chargeId;
        else if (prepared !== undefined) return prepared;
        return gateway.charge(request, signal, at);
      },
      lookup: () => gateway.lookup(request.key, signal, at),
      refund,
      lookupRefund: () => gateway.lookupRefund(`${orderId}:refund:r:1`, signal, at),
    };
  }

  test('a charge takes the money, and its look-up says the same', async () => {
    const { charge, lookup } = await start();
    expect(await lookup()).toEqual({ kind: 'not_found' });
    const captured = await charge();
    expect(captured).toEqual({ kind: 'captured', reference: expect.stringMatching(/./), ...MONEY });
    expect(await lookup()).toEqual(captured);
  });

  test('a charge that is sent again under its key is the same charge', async () => {
    const { charge } = await start();
    expect(await charge()).toEqual(await charge());
  });

  test('a declined charge has a code, and its look-up says the same', async () => {
    const { charge, lookup } = await start('declined');
    const declined = await charge();
    expect(declined).toEqual({ kind: 'declined', code: expect.stringMatching(/./) });
    expect(await lookup()).toEqual(declined);
  });

  test('a refund returns the money, and its look-up says the same', async () => {
    const { charge, refund, lookupRefund } = await start();
    await charge();
    expect(await lookupRefund()).toEqual({ kind: 'not_found' });
    const refunded = await refund();
    expect(refunded).toEqual({ kind: 'refunded', reference: expect.stringMatching(/./) });
    expect(await refund()).toEqual(refunded);
    expect(await lookupRefund()).toEqual(refunded);
  });

  test('no more is refunded than was taken', async () => {
    const { charge, refund } = await start();
    await charge();
    expect(await refund(1_500)).toMatchObject({ kind: 'refunded' });
    expect(await refund(500, 2)).toMatchObject({ kind: 'refused' });
    expect(await refund(499, 3)).toMatchObject({ kind: 'refunded' });
  });
}
