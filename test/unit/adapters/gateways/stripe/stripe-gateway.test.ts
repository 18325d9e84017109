import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createStripeModule } from '../../../../../src/adapters/gateways/stripe/stripe-module.js';
import {
  startFakeStripe,
  type FakeStripe,
  type Fault,
  type Operation,
} from '../../../../support/stripe/fake-stripe.js';

const calm = new AbortController().signal;
/** None of these calls is to end by the time limit, however slow the machine is. */
const TIMEOUT_MS = 60_000;
const MONEY = { amountMinor: 1_999, currency: 'EUR' };

let stripe: FakeStripe;
beforeAll(async () => {
  stripe = await startFakeStripe();
});
afterAll(async () => stripe?.close());

let orders = 0;
/** A charge of an order of its own, step by step as the activity makes it. */
async function start(method = 'pm_card_visa', baseUrl = stripe.url, timeoutMs = TIMEOUT_MS) {
  const { gateway } = await createStripeModule({
    secretKey: 'sk_test_x',
    baseUrl,
    webhookSecrets: [],
    timeoutMs,
    settlingTimeMs: 0,
    breaker: { failures: 100, halfOpenAfterMs: 1_000 },
  });
  const orderId = `o${(orders += 1)}`;
  const request = { key: `${orderId}:charge:1`, orderId, ...MONEY, method };
  const at = { gateway: 'stripe', chargeId: null as string | null };
  const refund = { key: `${orderId}:refund:r:1`, chargeKey: request.key, orderId, ...MONEY };
  const steps = {
    orderId,
    at,
    prepare: async (signal = calm) => {
      const result = await gateway.prepare?.(request, signal);
      if (result?.kind === 'prepared') at.chargeId = result.chargeId;
      return result;
    },
    charge: (signal = calm) => gateway.charge(request, signal, at),
    lookup: () => gateway.lookup(request.key, calm, at),
    refund: (amountMinor = MONEY.amountMinor, key = refund.key, signal = calm) =>
      gateway.refund({ ...refund, amountMinor, key }, signal, at),
    lookupRefund: () => gateway.lookupRefund(refund.key, calm, at),
    moved: () => stripe.moves.filter((move) => move.includes(` ${orderId} `)),
    intents: () => [...stripe.intents.values()].filter(({ metadata }) => metadata['order_id'] === orderId),
  };
  return steps;
}
async function paid(method?: string) {
  const steps = await start(method);
  await steps.prepare();
  await steps.charge();
  return steps;
}

describe('a charge', () => {
  test('is created unconfirmed, with its order and attempt, and takes money when it is confirmed', async () => {
    const { prepare, charge, lookup, moved, intents, at, orderId } = await start();
    expect(await prepare()).toEqual({ kind: 'prepared', chargeId: at.chargeId });
    const metadata = { order_id: orderId, attempt: '1', charge_key: `${orderId}:charge:1` };
    expect(intents()).toMatchObject([{ status: 'requires_confirmation', amount: 1_999, currency: 'eur', metadata }]);
    expect(moved()).toEqual([]);
    expect(await lookup()).toEqual({ kind: 'not_found' });
    const captured = { kind: 'captured', reference: at.chargeId, ...MONEY };
    expect(await charge()).toEqual(captured);
    expect(await lookup()).toEqual(captured);
    expect(stripe.calls.at(-1)?.version).toBe('2026-10-28.endive');
  });

  test('takes money once, even if it is created and confirmed twice', async () => {
    const { prepare, charge, moved, intents } = await start();
    const [first, second] = [await prepare(), await prepare()];
    expect(second).toEqual(first);
    expect(await charge()).toMatchObject({ kind: 'captured' });
    expect(await charge()).toMatchObject({ kind: 'captured', ...MONEY });
    expect(moved()).toHaveLength(1);
    expect(intents()).toHaveLength(1);
  });

  test.each([
    ['pm_card_chargeDeclinedInsufficientFunds', 'card_declined: insufficient_funds'],
    ['pm_card_chargeDeclinedExpiredCard', 'expired_card'],
  ])('by %s is declined with its codes, and so says the look-up', async (method, code) => {
    const { prepare, charge, lookup } = await start(method);
    await prepare();
    expect(await charge()).toEqual({ kind: 'declined', code });
    expect(await lookup()).toEqual({ kind: 'declined', code });
  });

  test('by a payment method that does not exist is declined', async () => {
    const { prepare } = await start('pm_card_nobody');
    expect(await prepare()).toEqual({ kind: 'declined', code: 'gateway_rejected_400: resource_missing' });
  });

  test('that was never created is not found, without a question', async () => {
    const { lookup } = await start();
    const before = stripe.calls.length;
    expect(await lookup()).toEqual({ kind: 'not_found' });
    expect(stripe.calls).toHaveLength(before);
  });

  test('whose amount Stripe cannot charge is declined before anything is sent', async () => {
    const { gateway } = await createStripeModule({
      secretKey: 'sk_test_x',
      baseUrl: stripe.url,
      webhookSecrets: [],
      timeoutMs: TIMEOUT_MS,
      settlingTimeMs: 0,
      breaker: { failures: 5, halfOpenAfterMs: 1_000 },
    });
    const request = { key: 'k:charge:1', orderId: 'k', amountMinor: 5_123, currency: 'KWD', method: 'pm_card_visa' };
    expect(await gateway.prepare?.(request, calm)).toEqual({ kind: 'declined', code: 'amount_not_chargeable' });
  });
});

const WITHOUT_ANSWER = [
  'hang_before',
  'hang_after',
  'reset_before',
  'reset_after',
  'fault_before',
  'fault_after',
] as const;

/** A call that hangs is abandoned. */
async function spoiled<T>(operation: Operation, fault: Fault, call: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const caller = new AbortController();
  stripe.spoil(operation, fault);
  void stripe.hanging(operation).then(() => caller.abort());
  return call(caller.signal);
}

describe('trouble', () => {
  test.each(WITHOUT_ANSWER)('%s while it is created moves nothing, and is over with the next try', async (fault) => {
    const { prepare, charge, moved } = await start();
    const before = callsOf('create');
    expect(await spoiled('create', fault, prepare)).toMatchObject({ kind: 'not_executed' });
    expect(callsOf('create') - before).toBe(1);
    expect(await prepare()).toMatchObject({ kind: 'prepared' });
    expect(await charge()).toMatchObject({ kind: 'captured' });
    expect(moved()).toHaveLength(1);
  });

  test.each(WITHOUT_ANSWER)(
    '%s while it is confirmed is ambiguous, is sent once, and the look-up settles it',
    async (fault) => {
      const { prepare, charge, lookup, moved } = await start();
      await prepare();
      const before = callsOf('confirm');
      expect(await spoiled('confirm', fault, charge)).toMatchObject({ kind: 'ambiguous' });
      expect(callsOf('confirm') - before).toBe(1);
      const isTaken = fault.endsWith('_after');
      expect(await lookup()).toMatchObject({ kind: isTaken ? 'captured' : 'not_found' });
      if (!isTaken) expect(await charge()).toMatchObject({ kind: 'captured' });
      expect(moved()).toHaveLength(1);
    },
  );

  test.each(WITHOUT_ANSWER)('%s while it is refunded is ambiguous, and the money goes back once', async (fault) => {
    const { refund, lookupRefund, moved } = await paid();
    const sending = spoiled('refund', fault, (signal) => refund(undefined, undefined, signal));
    expect(await sending).toMatchObject({ kind: 'ambiguous' });
    const isSent = fault.endsWith('_after');
    expect(await lookupRefund()).toMatchObject({ kind: isSent ? 'refunded' : 'not_found' });
    expect(await refund()).toMatchObject({ kind: 'refunded' });
    expect(moved()).toHaveLength(2);
  });

  test.each(['create', 'confirm', 'refund'] as const)(
    'a limit on %s is not executed, and says for how long',
    async (operation) => {
      const steps = await paid();
      const next = operation === 'refund' ? steps : await start();
      if (operation === 'confirm') await next.prepare();
      stripe.spoil(operation, { limit: 7 });
      const call = { create: () => next.prepare(), confirm: () => next.charge(), refund: () => next.refund() }[
        operation
      ];
      expect(await call()).toMatchObject({ kind: 'not_executed', retryAfterMs: 7_000 });
    },
  );

  test('a connection that is refused was not executed, and a look-up says that it cannot be made', async () => {
    const closed = await startFakeStripe();
    await closed.close();
    const { charge, lookup, prepare, at } = await start('pm_card_visa', closed.url);
    expect(await prepare()).toMatchObject({ kind: 'not_executed' });
    at.chargeId = 'pi_1';
    expect(await charge()).toMatchObject({ kind: 'not_executed' });
    await expect(lookup()).rejects.toThrow();
  });

  test('a confirm without an answer in time is ambiguous, and a creation was not executed', async () => {
    const silent = await startFakeStripe();
    const { prepare, charge, at } = await start('pm_card_visa', silent.url, 100);
    silent.spoil('create', 'hang_before');
    silent.spoil('confirm', 'hang_before');
    expect(await prepare()).toEqual({ kind: 'not_executed', reason: 'no answer in time' });
    at.chargeId = 'pi_1';
    expect(await charge()).toEqual({ kind: 'ambiguous', reason: 'no answer in time' });
    expect(await charge(AbortSignal.abort())).toMatchObject({ kind: 'not_executed' });
    await silent.close();
  });

  test('a key that was used for another request is loud', async () => {
    const { refund } = await paid();
    await refund(500);
    await expect(refund(600)).rejects.toThrow('an idempotency key was used for another request');
  });
});

describe('a refund', () => {
  test('of a part leaves the rest to be refunded, and no more', async () => {
    const { refund, orderId, moved } = await paid();
    expect(await refund(500)).toMatchObject({ kind: 'refunded' });
    expect(await refund(1_600, `${orderId}:refund:b:1`)).toMatchObject({ kind: 'refused' });
    expect(await refund(1_499, `${orderId}:refund:c:1`)).toMatchObject({ kind: 'refunded' });
    expect(await refund(1, `${orderId}:refund:d:1`)).toEqual({
      kind: 'refused',
      code: 'gateway_rejected_400: charge_already_refunded',
    });
    expect(moved()).toHaveLength(3);
  });

  test('is found after Stripe has forgotten its key', async () => {
    const { refund, lookupRefund } = await paid();
    const sent = await refund();
    stripe.forgetKeys();
    expect(await lookupRefund()).toEqual(sent);
  });

  test('that the bank has to accept is under way, and may fail later', async () => {
    const { refund, lookupRefund, orderId } = await paid('pm_card_pendingRefund');
    expect(await refund()).toMatchObject({ kind: 'ambiguous' });
    expect(await lookupRefund()).toEqual({ kind: 'processing' });
    const sent = [...stripe.refunds.values()].find(({ metadata }) => metadata['order_id'] === orderId);
    stripe.settleRefund(sent?.id ?? '', 'failed');
    expect(await lookupRefund()).toEqual({ kind: 'refused', code: 'lost_or_stolen_card' });
  });
});

const callsOf = (wanted: Operation) => stripe.calls.filter(({ operation }) => operation === wanted).length;
