import { expect, test } from '@jest/globals';
import type { PaymentGateway } from '../../../../src/activities/payments.js';
import { createDispatch } from '../../../../src/adapters/gateways/dispatch.js';
import { createFakeGateway } from '../../../support/fake-gateway.js';

const signal = new AbortController().signal;
const request = { key: 'o:charge:1', orderId: 'o', amountMinor: 500, currency: 'EUR', method: 'm' };
const refund = { key: 'o:refund', chargeKey: request.key, orderId: 'o', amountMinor: 500, currency: 'EUR' };
const at = (gateway: string) => ({ gateway, chargeId: null });

function two() {
  const [one, other] = [createFakeGateway(), createFakeGateway()];
  const slow: PaymentGateway = { ...other.gateway, name: 'other', timeoutMs: 9_000, settlingTimeMs: 60_000 };
  return { one, other, dispatch: createDispatch([{ ...one.gateway, name: 'one' }, slow]) };
}

test('a charge, its look-up and its refund reach the gateway of the order, and no other', async () => {
  const { one, other, dispatch } = two();
  await dispatch.charge(request, signal, at('other'));
  expect(await dispatch.lookup(request.key, signal, at('other'))).toMatchObject({ kind: 'captured' });
  await dispatch.refund(refund, signal, at('other'));
  expect(await dispatch.lookupRefund(refund.key, signal, at('other'))).toMatchObject({ kind: 'refunded' });
  expect(other.moves).toEqual(['charge o:charge:1', 'refund o:refund']);
  expect([one.calls, one.lookups, one.refundCalls, one.refundLookups]).toEqual([[], [], [], []]);
});

test('a gateway that is not set up takes no money, and cannot be asked', async () => {
  const { dispatch } = two();
  const reason = 'the payment gateway "gone" of this order is not set up here';
  expect(await dispatch.charge(request, signal, at('gone'))).toEqual({ kind: 'not_executed', reason });
  expect(await dispatch.refund(refund, signal, at('gone'))).toEqual({ kind: 'not_executed', reason });
  await expect(dispatch.lookup(request.key, signal, at('gone'))).rejects.toThrow(reason);
  await expect(dispatch.lookupRefund(refund.key, signal, at('gone'))).rejects.toThrow(reason);
});

test('a "not found" proves nothing before the slowest gateway has settled', () => {
  expect(two().dispatch).toMatchObject({ timeoutMs: 9_000, settlingTimeMs: 60_000 });
});

test('a gateway that prepares nothing is not asked to', async () => {
  const { dispatch, one } = two();
  expect(dispatch.prepare).toBeUndefined();
  const prepare = async () => ({ kind: 'prepared', chargeId: 'c' }) as const;
  const mixed = createDispatch([one.gateway, { ...one.gateway, name: 'two-steps', prepare }]);
  expect(await mixed.prepare?.(request, signal, at('fake'))).toBeUndefined();
  expect(await mixed.prepare?.(request, signal, at('two-steps'))).toEqual({ kind: 'prepared', chargeId: 'c' });
});
