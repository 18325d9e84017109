import type { Stripe } from 'stripe';
import type { GatewayTrouble } from '../../../activities/gateway-calls.js';
import { networkFault } from '../exchange.js';
import type { Verdict } from '../breaker.js';
import { retryAfterMs } from '../../read-retry-after.js';

/** What an error of Stripe's tells, by its guide to errors. `refused`: Stripe's own, definite no. */
export type Told = { kind: 'refused'; code: string; intent?: Stripe.PaymentIntent } | GatewayTrouble;

const MOST_RETRY_AFTER_MS = 3_600_000;

/** The shape of what the package throws; its classes are loaded only with it. */
interface StripeFault {
  type: string;
  message: string;
  code?: string;
  decline_code?: string;
  statusCode?: number;
  headers?: Record<string, string>;
  detail?: unknown;
  payment_intent?: Stripe.PaymentIntent;
}

/**
 * Classes an error: 402 and a request that is wrong are refusals, 429 and a lock were not executed, and of anything else
 * it is not known whether it had an effect.
 * @throws the error when it is a bug of ours: not Stripe's, or a key that was used for another request
 */
export function toldBy(error: unknown): Told {
  if (!isFault(error)) throw error;
  const { type, code, statusCode = 0 } = error;
  if (type === 'StripeIdempotencyError') {
    throw new Error(`Stripe says that an idempotency key was used for another request: ${error.message}`, {
      cause: error,
    });
  }
  if (type === 'StripeConnectionError') return unanswered(error);
  const reason = `answered ${statusCode}${code === undefined ? '' : ` ${code}`}`;
  if (type === 'StripeRateLimitError' || code === 'lock_timeout') {
    const wait = retryAfterMs(error.headers?.['retry-after'], MOST_RETRY_AFTER_MS);
    return { kind: 'not_executed', reason, ...(wait === undefined ? {} : { retryAfterMs: wait }) };
  }
  const intent = error.payment_intent === undefined ? {} : { intent: error.payment_intent };
  if (type === 'StripeCardError') return { kind: 'refused', code: declineCode(error), ...intent };
  if (type === 'StripeInvalidRequestError') {
    return { kind: 'refused', code: `gateway_rejected_${statusCode}: ${code ?? 'invalid_request'}`, ...intent };
  }
  if (statusCode === 401 || statusCode === 403) return { kind: 'not_executed', reason };
  return { kind: 'ambiguous', reason };
}

/** The same for a request that moves no money: an unknown outcome did no harm. */
export function toldWithoutEffect(error: unknown): Told {
  const told = toldBy(error);
  return told.kind === 'ambiguous' ? { kind: 'not_executed', reason: told.reason } : told;
}

/** Whether Stripe repeats what it has answered to the same key before, a fault of its own. */
export function isRepeatedFault(error: unknown): boolean {
  return isFault(error) && (error.statusCode ?? 0) >= 500 && error.headers?.['idempotent-replayed'] === 'true';
}

/** What a call tells of Stripe's health. */
export function healthOf(result: { kind: string; reason?: string }, isGivenUp: boolean): Verdict {
  if (result.kind !== 'not_executed' && result.kind !== 'ambiguous') return 'healthy';
  return isGivenUp || result.reason?.startsWith('answered 429') === true ? 'undecided' : 'trouble';
}

/** The code of a decline, and the reason behind it where the bank gave one. */
export function declineCode({ code = 'card_declined', decline_code }: Pick<StripeFault, 'code' | 'decline_code'>) {
  return decline_code === undefined || ['', code].includes(decline_code) ? code : `${code}: ${decline_code}`;
}

function unanswered({ detail, message }: StripeFault): GatewayTrouble {
  const cause: { code?: unknown } = typeof detail === 'object' && detail !== null ? detail : {};
  if (cause.code === 'ETIMEDOUT') return { kind: 'ambiguous', reason: 'no answer in time' };
  const { kind, reason } = networkFault(detail ?? new Error(message));
  return { kind: kind === 'unsent' ? 'not_executed' : 'ambiguous', reason };
}

function isFault(error: unknown): error is StripeFault {
  return error instanceof Error && 'type' in error && typeof error.type === 'string' && error.type.startsWith('Stripe');
}
