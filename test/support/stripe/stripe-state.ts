import { randomUUID } from 'node:crypto';

export interface FakeIntent {
  id: string;
  object: 'payment_intent';
  amount: number;
  amount_received: number;
  currency: string;
  status: string;
  client_secret: string;
  payment_method: string | null;
  metadata: Record<string, string>;
  last_payment_error: { type: string; code: string; decline_code?: string; message: string } | null;
  next_action: { type: string; use_stripe_sdk?: object; redirect_to_url?: { url: string; return_url: string } } | null;
  cancellation_reason: string | null;
}

export interface FakeRefund {
  id: string;
  object: 'refund';
  amount: number;
  currency: string;
  status: string;
  failure_reason?: string;
  payment_intent: string;
  metadata: Record<string, string>;
}

/** An answer that is not 200. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: object;
  constructor(
    status: number,
    error: { type: string; code?: string; decline_code?: string; message: string; payment_intent?: FakeIntent },
  ) {
    super(error.message);
    this.status = status;
    this.body = { error };
  }
}

const DECLINES: Readonly<Record<string, [code: string, declineCode?: string]>> = {
  pm_card_chargeDeclined: ['card_declined', 'generic_decline'],
  pm_card_chargeDeclinedInsufficientFunds: ['card_declined', 'insufficient_funds'],
  pm_card_chargeDeclinedExpiredCard: ['expired_card'],
};
const WITH_ACTION = ['pm_card_authenticationRequired', 'pm_card_threeDSecure2Required'];
const OTHERS = ['pm_card_visa', 'pm_card_mastercard', 'pm_card_pendingRefund', 'pm_card_refundFail'];
const METHODS = [...Object.keys(DECLINES), ...WITH_ACTION, ...OTHERS];

/** PaymentIntents and refunds, by the rules of Stripe's documents. */
export function createStripeState() {
  const intents = new Map<string, FakeIntent>();
  const refunds = new Map<string, FakeRefund>();
  /** What moved money, in order. */
  const moves: string[] = [];
  const newId = (prefix: string) => `${prefix}_${randomUUID().replaceAll('-', '').slice(0, 24)}`;

  const intentOf = (id: string): FakeIntent => {
    const intent = intents.get(id);
    if (intent !== undefined) return intent;
    throw new Refusal(404, {
      type: 'invalid_request_error',
      code: 'resource_missing',
      message: `No such payment_intent: '${id}'`,
    });
  };
  const unexpected = (intent: FakeIntent, verb: string) =>
    new Refusal(400, {
      type: 'invalid_request_error',
      code: 'payment_intent_unexpected_state',
      message: `You cannot ${verb} this PaymentIntent because it has a status of ${intent.status}.`,
      payment_intent: intent,
    });
  const take = (intent: FakeIntent) => {
    Object.assign(intent, {
      status: 'succeeded',
      amount_received: intent.amount,
      next_action: null,
      last_payment_error: null,
    });
    moves.push(`capture ${intent.metadata['order_id'] ?? intent.id} ${intent.amount} ${intent.currency}`);
  };
  const decline = (intent: FakeIntent, code: string, declineCode?: string): Refusal => {
    const error = {
      type: 'card_error',
      code,
      ...(declineCode === undefined ? {} : { decline_code: declineCode }),
      message: 'Your card was declined.',
    };
    Object.assign(intent, {
      status: 'requires_payment_method',
      last_payment_error: error,
      payment_method: null,
      next_action: null,
    });
    return new Refusal(402, { ...error, payment_intent: intent });
  };

  return {
    intents,
    refunds,
    moves,
    intentOf,

    create({
      amount,
      currency = '',
      payment_method,
      metadata,
    }: {
      amount: number;
      currency?: string;
      payment_method?: string;
      metadata: Record<string, string>;
    }) {
      if (payment_method !== undefined && !METHODS.includes(payment_method)) {
        throw new Refusal(400, {
          type: 'invalid_request_error',
          code: 'resource_missing',
          message: `No such PaymentMethod: '${payment_method}'`,
        });
      }
      const id = newId('pi');
      const intent: FakeIntent = {
        id,
        object: 'payment_intent',
        amount,
        amount_received: 0,
        currency,
        status: payment_method === undefined ? 'requires_payment_method' : 'requires_confirmation',
        client_secret: `${id}_secret_${randomUUID().slice(0, 8)}`,
        payment_method: payment_method ?? null,
        metadata,
        last_payment_error: null,
        next_action: null,
        cancellation_reason: null,
      };
      intents.set(id, intent);
      return intent;
    },

    confirm(id: string, { errorOnAction = false }: { errorOnAction?: boolean } = {}): FakeIntent {
      const intent = intentOf(id);
      if (!['requires_confirmation', 'requires_action'].includes(intent.status)) throw unexpected(intent, 'confirm');
      const method = intent.payment_method ?? '';
      const declined = DECLINES[method];
      if (declined !== undefined) throw decline(intent, ...declined);
      if (WITH_ACTION.includes(method)) {
        if (errorOnAction) throw decline(intent, 'authentication_required', 'authentication_required');
        Object.assign(intent, {
          status: 'requires_action',
          next_action: { type: 'use_stripe_sdk', use_stripe_sdk: {} },
        });
        return intent;
      }
      take(intent);
      return intent;
    },

    /** What the customer does in the browser. */
    authenticate(id: string, succeeds: boolean): FakeIntent {
      const intent = intentOf(id);
      if (intent.status !== 'requires_action') throw unexpected(intent, 'authenticate');
      if (succeeds) take(intent);
      else decline(intent, 'payment_intent_authentication_failure');
      return intent;
    },

    cancel(id: string, reason: string | null): FakeIntent {
      const intent = intentOf(id);
      if (['succeeded', 'canceled', 'processing'].includes(intent.status)) throw unexpected(intent, 'cancel');
      return Object.assign(intent, { status: 'canceled', cancellation_reason: reason, next_action: null });
    },

    refund(id: string, amount: number | undefined, metadata: Record<string, string>): FakeRefund {
      const intent = intentOf(id);
      const given = [...refunds.values()].filter(
        ({ payment_intent, status }) => payment_intent === id && status !== 'failed',
      );
      const left = intent.amount_received - given.reduce((sum, one) => sum + one.amount, 0);
      const wanted = amount ?? left;
      if (left === 0 || wanted > left) {
        const code = left === 0 ? { code: 'charge_already_refunded' } : {};
        throw new Refusal(400, {
          type: 'invalid_request_error',
          ...code,
          message: 'The amount is greater than what is left.',
        });
      }
      const status = intent.payment_method === 'pm_card_pendingRefund' ? 'pending' : 'succeeded';
      const refund: FakeRefund = {
        id: newId('re'),
        object: 'refund',
        amount: wanted,
        currency: intent.currency,
        status,
        payment_intent: id,
        metadata,
      };
      refunds.set(refund.id, refund);
      moves.push(`refund ${metadata['order_id'] ?? id} ${wanted} ${intent.currency}`);
      return refund;
    },

    /** What the bank does with it later. */
    settleRefund(id: string, status: 'succeeded' | 'failed'): FakeRefund {
      const refund = refunds.get(id);
      if (refund === undefined) throw new Error(`no refund ${id}`);
      return Object.assign(refund, { status }, status === 'failed' ? { failure_reason: 'lost_or_stolen_card' } : {});
    },
  };
}

export type StripeState = ReturnType<typeof createStripeState>;
