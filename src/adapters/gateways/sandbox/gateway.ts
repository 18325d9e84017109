// The adapter of the payment sandbox: its requests, its answers, its signed events.
// Never a retry or a decision about an order.

import type { PaymentGateway } from '../../../activities/payments.js';
import {
  chargeResult,
  healthOf,
  healthOfLookup,
  lookupResult,
  refundLookup,
  refundResult,
} from './provider-answers.js';
import { createBreaker } from '../breaker.js';
import type { BreakerChange, BreakerSettings, BreakerState, Guarded, Verdict } from '../breaker.js';
import type { Subject } from '../failures-in-a-row.js';
import { exchange } from '../exchange.js';
import type { CallTracer, Exchange, ExchangeRequest } from '../exchange.js';

export interface SandboxGatewaySettings {
  /** Where the sandbox listens; http or https, without credentials. */
  baseUrl: string;
  /** The limit of one call, from connecting to the last byte of the answer. */
  timeoutMs: number;
  settlingTimeMs: number;
  /** 5 failures and 60 s by default. */
  breaker?: BreakerSettings;
  onBreakerChange?: (change: BreakerChange) => void;
  trace?: CallTracer | undefined;
}

export interface SandboxGateway extends PaymentGateway {
  /** Of the circuit breaker of this process, for its metrics. */
  breakerState(): BreakerState;
}

/**
 * The payment sandbox as a gateway. Charges and refunds share one circuit breaker; a look-up is always sent, since it
 * settles the doubt that an outage leaves.
 * Throws a `TypeError` or `RangeError` for settings that cannot work; its methods throw only as the port documents.
 */
export function createSandboxGateway(settings: SandboxGatewaySettings): SandboxGateway {
  const { timeoutMs, settlingTimeMs, breaker: limits = { failures: 5, halfOpenAfterMs: 60_000 } } = settings;
  const base = checkedBase(settings.baseUrl);
  if (!(timeoutMs > 0)) throw new RangeError('timeoutMs must be positive');
  if (!(settlingTimeMs >= 0)) throw new RangeError('settlingTimeMs must not be negative');
  const breaker = createBreaker(limits, settings.onBreakerChange);
  const trace: CallTracer = settings.trace ?? ((_, send) => send({}));

  const call = ({ route, ...request }: ExchangeRequest & { route: string }, signal: AbortSignal) =>
    trace({ gateway: 'sandbox', method: request.method, url: request.url, route }, (headers) =>
      exchange({ ...request, headers: { ...request.headers, ...headers } }, timeoutMs, signal),
    );

  async function post<T extends { kind: string }>(
    {
      path,
      key,
      body,
      resultOf,
      ...subject
    }: Subject & { path: string; key: string; body: object; resultOf: (sent: Exchange) => T },
    signal: AbortSignal,
  ): Promise<Guarded<{ result: T; verdict: Verdict }>> {
    const headers = { accept: 'application/json', 'content-type': 'application/json', 'idempotency-key': key };
    const request = {
      url: `${base}${path}`,
      method: 'POST',
      route: path,
      headers,
      body: JSON.stringify(body),
    } as const;
    const send = async () => {
      const sent = await call(request, signal);
      const result = resultOf(sent);
      return { result, verdict: healthOf(sent, result.kind, signal.aborted) };
    };
    const ask = async () => healthOfLookup(await get(path, key, signal), signal.aborted);
    return breaker.run({ ...subject, send, ask, verdictOf: ({ verdict }) => verdict });
  }

  function get(path: string, key: string, signal: AbortSignal): Promise<Exchange> {
    const url = `${base}${path}/${encodeURIComponent(key)}`;
    return call({ url, method: 'GET', route: `${path}/{key}`, headers: { accept: 'application/json' } }, signal);
  }

  return {
    name: 'sandbox',
    timeoutMs,
    settlingTimeMs,
    breakerState: () => breaker.state(),
    async charge({ key, orderId, amountMinor, currency, method }, signal) {
      const body = { order_id: orderId, amount_minor: amountMinor, currency, method };
      const subject = { orderId, method };
      const guarded = await post({ path: '/v1/charges', key, body, resultOf: chargeResult, ...subject }, signal);
      if (guarded.kind === 'refused') return guarded;
      const { isProbe, answer } = guarded;
      const { result, verdict } = answer;
      // An order that finds the provider still unavailable must not lose a try.
      const hasProbed = isProbe && verdict === 'trouble' && result.kind === 'not_executed';
      return hasProbed ? { kind: 'refused', retryAfterMs: limits.halfOpenAfterMs } : result;
    },
    lookup: async (key, signal) => lookupResult(await get('/v1/charges', key, signal)),
    lookupRefund: async (key, signal) => refundLookup(await get('/v1/refunds', key, signal)),
    async refund({ key, chargeKey, orderId, amountMinor, currency }, signal) {
      const body = { charge_key: chargeKey, order_id: orderId, amount_minor: amountMinor, currency };
      const guarded = await post({ path: '/v1/refunds', key, body, resultOf: refundResult, orderId }, signal);
      if (guarded.kind === 'ran') return guarded.answer.result;
      return { kind: 'not_executed', reason: 'the circuit breaker is open', retryAfterMs: guarded.retryAfterMs };
    },
  };
}

function checkedBase(baseUrl: string): string {
  const url = URL.canParse(baseUrl) ? new URL(baseUrl) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol)) {
    throw new TypeError('baseUrl must be an http or https URL');
  }
  // fetch refuses such a URL, and its message would show the password.
  if (url.username !== '' || url.password !== '') throw new TypeError('baseUrl must not contain credentials');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}
