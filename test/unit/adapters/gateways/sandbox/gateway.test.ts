import { afterEach, expect, test } from '@jest/globals';
import type { ChargeRequest, PaymentGateway, GatewayRefund } from '../../../../../src/activities/payments.js';
import { createSandboxGateway } from '../../../../../src/adapters/gateways/sandbox/gateway.js';
import { closeSandboxes, startSandbox, until } from '../../../sandbox/client.js';

afterEach(closeSandboxes);

const calm = new AbortController().signal;
const key = 'order-1:charge:1';

function chargeOf(method: string): ChargeRequest {
  return { key, orderId: 'order-1', amountMinor: 1_000, currency: 'EUR', method };
}

function refundOf(amountMinor: number): GatewayRefund {
  return { key: 'order-1:refund:1', chargeKey: key, orderId: 'order-1', amountMinor, currency: 'EUR' };
}

async function start(timeoutMs = 5_000) {
  const sandbox = await startSandbox({ closeDeadlineMs: 500 });
  const gateway = createSandboxGateway({ baseUrl: sandbox.url, timeoutMs, settlingTimeMs: 60_000 });
  return { sandbox, gateway };
}

function found(gateway: PaymentGateway) {
  return until(
    () => gateway.lookup(key, calm),
    ({ kind }) => kind !== 'not_found',
  );
}

const captured = {
  kind: 'captured',
  reference: expect.stringMatching(/^ch_/),
  amountMinor: 1_000,
  currency: 'EUR',
};

test('a charge is captured with its reference and amount, and the look-up says the same', async () => {
  const { gateway } = await start();
  const charged = await gateway.charge(chargeOf('pm_ok'), calm);
  expect(charged).toEqual(captured);
  expect(await gateway.lookup(key, calm)).toEqual(charged);
  expect(await gateway.charge(chargeOf('pm_ok'), calm)).toEqual(charged);
});

test('a decline is a decline, for the charge and for the lookup', async () => {
  const { gateway } = await start();
  const declined = { kind: 'declined', code: 'card_declined' };
  expect(await gateway.charge(chargeOf('pm_declined'), calm)).toEqual(declined);
  expect(await gateway.lookup(key, calm)).toEqual(declined);
});

test("the sandbox's 503 means not executed, and the next try charges", async () => {
  const { gateway } = await start();
  expect(await gateway.charge(chargeOf('pm_fail_1'), calm)).toEqual({
    kind: 'not_executed',
    reason: 'answered 503 unavailable',
  });
  expect(await gateway.charge(chargeOf('pm_fail_1'), calm)).toEqual(captured);
});

test('a charge that failed after it was made is ambiguous, and found', async () => {
  const { gateway } = await start();
  expect(await gateway.charge(chargeOf('pm_error_after'), calm)).toEqual({
    kind: 'ambiguous',
    reason: 'answered 500 internal',
  });
  expect(await gateway.lookup(key, calm)).toEqual(captured);
});

test.each([
  ['pm_timeout_before', 'not_found'],
  ['pm_timeout_after', 'captured'],
  ['pm_processing', 'processing'],
])('%s is ambiguous after the timeout, and the lookup says %s', async (method, kind) => {
  const { gateway } = await start(750);
  expect(await gateway.charge(chargeOf(method), calm)).toEqual({
    kind: 'ambiguous',
    reason: 'no answer within 750 ms',
  });
  expect(await gateway.lookup(key, calm)).toMatchObject({ kind });
});

test('a charge that is still processing stays ambiguous when it is tried again', async () => {
  const { gateway } = await start(750);
  await gateway.charge(chargeOf('pm_processing'), calm);
  expect(await gateway.charge(chargeOf('pm_processing'), calm)).toEqual({
    kind: 'ambiguous',
    reason: 'answered 409 charge_processing',
  });
});

test('a charge whose caller gave up during pm_slow_300 is in the ledger, and the lookup finds it', async () => {
  const { gateway, sandbox } = await start();
  const caller = new AbortController();
  const charging = gateway.charge(chargeOf('pm_slow_300'), caller.signal);
  setTimeout(() => caller.abort(), 50);
  expect(await charging).toEqual({ kind: 'ambiguous', reason: 'given up while waiting for the answer' });
  expect(await found(gateway)).toEqual(captured);
  expect(await sandbox.ledger('order-1')).toHaveLength(1);
});

test('a caller that gave up before the send sends nothing', async () => {
  const { gateway, sandbox } = await start();
  const unsent = { kind: 'not_executed', reason: 'given up before anything was sent' };
  expect(await gateway.charge(chargeOf('pm_ok'), AbortSignal.abort())).toEqual(unsent);
  expect(await gateway.refund(refundOf(1), AbortSignal.abort())).toEqual(unsent);
  await expect(gateway.lookup(key, AbortSignal.abort())).rejects.toThrow('given up before anything was sent');
  expect(await sandbox.ledger()).toEqual([]);
});

test('a key used with another body is ambiguous, because the first charge stands', async () => {
  const { gateway } = await start();
  await gateway.charge(chargeOf('pm_ok'), calm);
  const other = { ...chargeOf('pm_ok'), amountMinor: 999 };
  expect(await gateway.charge(other, calm)).toEqual({
    kind: 'ambiguous',
    reason: 'answered 409 idempotency_conflict',
  });
  expect(await gateway.lookup(key, calm)).toEqual(captured);
});

test('a method that does not exist is a decline whose code has the status and the methods there are', async () => {
  const { gateway } = await start();
  const code = expect.stringMatching(/^gateway_rejected_422: this method is not known; the methods are pm_ok, pm_decl/);
  const rejected = { kind: 'declined', code };
  expect(await gateway.charge(chargeOf('pm_gold'), calm)).toEqual(rejected);
  expect(await gateway.lookup(key, calm)).toEqual({ kind: 'not_found' });
});

test('a refund is done once, no matter how often it is requested', async () => {
  const { gateway, sandbox } = await start();
  await gateway.charge(chargeOf('pm_ok'), calm);
  const refunded = await gateway.refund(refundOf(1_000), calm);
  expect(refunded).toEqual({ kind: 'refunded', reference: expect.stringMatching(/^re_/) });
  expect(await gateway.refund(refundOf(1_000), calm)).toEqual(refunded);
  expect(await sandbox.ledger('order-1')).toHaveLength(2);
});

test.each([
  ['pm_refund_fails', 1_000, 'refund_refused'],
  ['pm_ok', 1_001, 'refund_exceeds_charge'],
  ['pm_declined', 1, 'charge_not_captured'],
])("a refund of %s by %d is refused with the provider's code %s", async (method, amountMinor, code) => {
  const { gateway } = await start();
  await gateway.charge(chargeOf(method), calm);
  expect(await gateway.refund(refundOf(amountMinor), calm)).toEqual({ kind: 'refused', code });
});

test('a refund of an unknown charge, or with a used key, is refused', async () => {
  const { gateway } = await start();
  expect(await gateway.refund(refundOf(1), calm)).toEqual({ kind: 'refused', code: 'charge_not_found' });
  await gateway.charge(chargeOf('pm_ok'), calm);
  await gateway.refund(refundOf(1), calm);
  expect(await gateway.refund(refundOf(2), calm)).toEqual({ kind: 'refused', code: 'idempotency_conflict' });
});

test('a wrong path at the right host is never taken for "not charged"', async () => {
  const { sandbox } = await start();
  const gateway = createSandboxGateway({ baseUrl: `${sandbox.url}/wrong/`, timeoutMs: 1_000, settlingTimeMs: 0 });
  await expect(gateway.lookup(key, calm)).rejects.toThrow('answered 404 route_not_found');
  const notExecuted = { kind: 'not_executed', reason: 'answered 404 route_not_found' };
  expect(await gateway.charge(chargeOf('pm_ok'), calm)).toEqual(notExecuted);
  expect(await gateway.refund(refundOf(1), calm)).toEqual(notExecuted);
});

test('it has a name and a settling time', async () => {
  const { gateway } = await start();
  expect(gateway).toMatchObject({ name: 'sandbox', settlingTimeMs: 60_000 });
});

test.each([
  [{ baseUrl: 'localhost' }, 'baseUrl'],
  [{ baseUrl: 'ftp://localhost' }, 'baseUrl'],
  [{ baseUrl: 'http://user:secret@localhost' }, 'credentials'],
  [{ timeoutMs: 0 }, 'timeoutMs'],
  [{ timeoutMs: Number.NaN }, 'timeoutMs'],
  [{ settlingTimeMs: -1 }, 'settlingTimeMs'],
])('the settings %j are refused', (wrong, name) => {
  const right = { baseUrl: 'http://localhost:4242', timeoutMs: 1_000, settlingTimeMs: 0 };
  expect(() => createSandboxGateway({ ...right, ...wrong })).toThrow(name);
});

test('a refund that failed late is refused when it is tried again', async () => {
  const { gateway, sandbox } = await start();
  await gateway.charge(chargeOf('pm_ok'), calm);
  expect(await gateway.refund(refundOf(1_000), calm)).toMatchObject({ kind: 'refunded' });
  await sandbox.failRefund('order-1:refund:1');
  expect(await gateway.refund(refundOf(1_000), calm)).toEqual({ kind: 'refused', code: 'refund_failed' });
});

test('a refund is looked up: in progress, done, failed later, unknown', async () => {
  const { gateway, sandbox } = await start(750);
  const lookup = () => gateway.lookupRefund('order-1:refund:1', calm);
  await gateway.charge(chargeOf('pm_refund_processing'), calm);
  expect(await lookup()).toEqual({ kind: 'not_found' });
  for (const _again of [1, 2]) expect(await gateway.refund(refundOf(1_000), calm)).toMatchObject({ kind: 'ambiguous' });
  expect(await lookup()).toEqual({ kind: 'processing' });
  await sandbox.post('/v1/refunds/order-1:refund:1/settle', 'not-used', { outcome: 'refunded' });
  expect(await lookup()).toEqual({ kind: 'refunded', reference: expect.stringMatching(/^re_/) });
  await sandbox.failRefund('order-1:refund:1');
  expect(await lookup()).toEqual({ kind: 'refused', code: 'refund_failed' });
});

test('a refund cannot be looked up at a gateway that is down', async () => {
  const { gateway, sandbox } = await start();
  await sandbox.close();
  await expect(gateway.lookupRefund('order-1:refund:1', calm)).rejects.toThrow('cannot be asked');
});
