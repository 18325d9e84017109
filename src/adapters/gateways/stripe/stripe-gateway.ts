// Stripe as a payment gateway: a PaymentIntent is created, its id is kept, and only then it is confirmed (decision 34).
// Never a retry or a decision about an order.

import type { Stripe } from 'stripe';
import type {
  ChargeRequest,
  ChargeResult,
  PaymentGateway,
  PrepareResult,
  Refused,
  RefundResult,
} from '../../../activities/payments.js';
import type { GatewayTrouble } from '../../../activities/gateway-calls.js';
import type { Breaker, Verdict } from '../breaker.js';
import { stripeAmount } from './amounts.js';
import { chargeOf, refundOf } from './stripe-answers.js';
import { healthOf, isRepeatedFault, toldBy, toldWithoutEffect } from './stripe-errors.js';

export interface StripeGatewaySettings {
  stripe: Stripe;
  breaker: Breaker;
  timeoutMs: number;
  settlingTimeMs: number;
  halfOpenAfterMs: number;
}

const MOST_KEYS = 3;
const GIVEN_UP: GatewayTrouble = { kind: 'ambiguous', reason: 'given up while waiting for the answer' };
/** What an unanswered creation may have made is never confirmed. */
const NOTHING_CREATED: GatewayTrouble = { ...GIVEN_UP, kind: 'not_executed' };

export function createStripeGateway(settings: StripeGatewaySettings): PaymentGateway {
  const { stripe, breaker, timeoutMs, settlingTimeMs, halfOpenAfterMs } = settings;

  /** A call that the circuit breaker watches, and may refuse. */
  async function guarded<T extends { kind: string; reason?: string }>(
    orderId: string,
    signal: AbortSignal,
    work: () => Promise<T>,
    givenUp: GatewayTrouble,
  ): Promise<T | GatewayTrouble | Refused> {
    if (signal.aborted) return { kind: 'not_executed', reason: 'given up before anything was sent' };
    const guard = await breaker.run({
      orderId,
      send: () => orWhenAborted(work(), signal, givenUp),
      verdictOf: (result: T | GatewayTrouble): Verdict => healthOf(result, signal.aborted),
      ask,
    });
    if (guard.kind === 'refused') return guard;
    const { isProbe, answer } = guard;
    // An order that finds Stripe still unavailable must not lose a try for it.
    const hasProbed = isProbe && answer.kind === 'not_executed' && healthOf(answer, signal.aborted) === 'trouble';
    return hasProbed ? { kind: 'refused', retryAfterMs: halfOpenAfterMs } : answer;
  }

  async function ask(): Promise<Verdict> {
    try {
      await stripe.paymentIntents.list({ limit: 1 });
      return 'healthy';
    } catch (error) {
      return healthOf(toldBy(error), false);
    }
  }

  async function create(request: ChargeRequest): Promise<PrepareResult> {
    const amount = stripeAmount(request.amountMinor, request.currency);
    if (amount === undefined) return { kind: 'declined', code: 'amount_not_chargeable' };
    const { key, orderId: order_id, currency, method } = request;
    const attempt = key.slice(key.lastIndexOf(':') + 1);
    const intent = {
      amount,
      currency: currency.toLowerCase(),
      payment_method: method,
      capture_method: 'automatic',
      automatic_payment_methods: { enabled: true, allow_redirects: 'never' },
      metadata: { order_id, attempt, charge_key: key },
    } as const;
    // Stripe repeats its own fault for a day; what it then made moves no money, so another one does no harm.
    for (let number = 1; ; number += 1) {
      const idempotencyKey = number === 1 ? key : `${key}:${number}`;
      try {
        const { id } = await stripe.paymentIntents.create(intent, { idempotencyKey });
        return { kind: 'prepared', chargeId: id };
      } catch (error) {
        if (isRepeatedFault(error) && number < MOST_KEYS) continue;
        const told = toldWithoutEffect(error);
        return told.kind === 'refused' ? { kind: 'declined', code: told.code } : told;
      }
    }
  }

  /** Confirming twice takes money once: the second time, Stripe tells that it has it. */
  async function confirm(id: string): Promise<ChargeResult> {
    try {
      return resultOf(await stripe.paymentIntents.confirm(id, { error_on_requires_action: true }));
    } catch (error) {
      const told = toldBy(error);
      if (told.kind !== 'refused') return told;
      if (told.code.endsWith('payment_intent_unexpected_state')) {
        return told.intent === undefined ? { kind: 'ambiguous', reason: told.code } : resultOf(told.intent);
      }
      return { kind: 'declined', code: told.code };
    }
  }

  async function sendRefund(key: string, intent: string, money: { amount: number; orderId: string }) {
    const { amount, orderId: order_id } = money;
    const refund = { payment_intent: intent, amount, metadata: { order_id, refund_key: key } };
    for (let number = 1; ; number += 1) {
      const idempotencyKey = number === 1 ? key : `${key}:${number}`;
      try {
        return outcomeOf(refundOf(await stripe.refunds.create(refund, { idempotencyKey })));
      } catch (error) {
        // The call under this key is over, so the list of refunds is the truth about it.
        if (!isRepeatedFault(error) || number === MOST_KEYS) return toldBy(error);
        const found = await findRefund(key, intent);
        if (found !== null) return outcomeOf(refundOf(found));
      }
    }
  }

  async function findRefund(key: string, intent: string): Promise<Stripe.Refund | null> {
    for await (const refund of stripe.refunds.list({ payment_intent: intent, limit: 100 })) {
      if (refund.metadata?.['refund_key'] === key) return refund;
    }
    return null;
  }

  return {
    name: 'stripe',
    timeoutMs,
    settlingTimeMs,

    prepare: async (request, signal) => guarded(request.orderId, signal, () => create(request), NOTHING_CREATED),

    async charge({ orderId }, signal, at) {
      const id = at?.chargeId;
      if (id === undefined || id === null) throw new Error('a PaymentIntent must be kept before it is confirmed');
      return guarded(orderId, signal, () => confirm(id), GIVEN_UP);
    },

    // Without a kept id, nothing was ever confirmed.
    async lookup(_key, signal, at) {
      const id = at?.chargeId;
      if (id === undefined || id === null) return { kind: 'not_found' };
      return chargeOf(await answered(() => stripe.paymentIntents.retrieve(id), signal));
    },

    async refund({ key, orderId, amountMinor, currency }, signal, at) {
      const id = at?.chargeId;
      const amount = stripeAmount(amountMinor, currency);
      if (id === undefined || id === null) return { kind: 'refused', code: 'no_payment_intent' };
      if (amount === undefined) return { kind: 'refused', code: 'amount_not_refundable' };
      const result = await guarded(orderId, signal, () => sendRefund(key, id, { amount, orderId }), GIVEN_UP);
      if (!('retryAfterMs' in result) || result.kind !== 'refused') return result;
      return { kind: 'not_executed', reason: 'the circuit breaker is open', retryAfterMs: result.retryAfterMs };
    },

    async lookupRefund(key, signal, at) {
      const id = at?.chargeId;
      if (id === undefined || id === null) return { kind: 'not_found' };
      const found = await answered(() => findRefund(key, id), signal);
      return found === null ? { kind: 'not_found' } : refundOf(found);
    },
  };
}

function resultOf(intent: Stripe.PaymentIntent): ChargeResult {
  const found = chargeOf(intent);
  if (found.kind === 'captured' || found.kind === 'declined') return found;
  return { kind: 'ambiguous', reason: `the PaymentIntent is ${intent.status}` };
}

function outcomeOf(found: ReturnType<typeof refundOf>): RefundResult {
  if (found.kind === 'refunded' || found.kind === 'refused') return found;
  return { kind: 'ambiguous', reason: 'the refund is under way' };
}

/** The package takes no signal: an abandoned call ends by its own time limit. */
async function orWhenAborted<T, U>(work: Promise<T>, signal: AbortSignal, instead: U): Promise<T | U> {
  let giveUp = () => {};
  const aborted = new Promise<U>((resolve) => {
    giveUp = () => resolve(instead);
    signal.addEventListener('abort', giveUp);
  });
  return Promise.race([work, aborted]).finally(() => signal.removeEventListener('abort', giveUp));
}

async function answered<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
  signal.throwIfAborted();
  const outcome = await orWhenAborted(
    work().then((value) => ({ value })),
    signal,
    undefined,
  );
  if (outcome === undefined) throw new Error(GIVEN_UP.reason);
  return outcome.value;
}
