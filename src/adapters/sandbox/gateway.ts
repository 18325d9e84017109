import type { PaymentGateway } from '../../activities/payments.js';
import { chargeResult, lookupResult, refundResult } from './answers.js';
import { exchange } from './exchange.js';

export interface SandboxGatewaySettings {
  /** Where the sandbox listens; http or https, without credentials. */
  baseUrl: string;
  /** For one whole call, from connecting to the last byte of the answer. */
  timeoutMs: number;
  settlingTimeMs: number;
}

/**
 * The payment sandbox as a gateway.
 * Throws a `TypeError` or `RangeError` for settings that cannot work; its methods throw only as the port says.
 */
export function createSandboxGateway({ baseUrl, timeoutMs, settlingTimeMs }: SandboxGatewaySettings): PaymentGateway {
  const base = checkedBase(baseUrl);
  if (!(timeoutMs > 0)) throw new RangeError('timeoutMs must be positive');
  if (!(settlingTimeMs >= 0)) throw new RangeError('settlingTimeMs must not be negative');

  const post = (path: string, key: string, body: object, signal: AbortSignal) => {
    const headers = { accept: 'application/json', 'content-type': 'application/json', 'idempotency-key': key };
    return exchange({ url: `${base}${path}`, method: 'POST', headers, body: JSON.stringify(body) }, timeoutMs, signal);
  };

  return {
    name: 'sandbox',
    timeoutMs,
    settlingTimeMs,
    async charge({ key, orderId, amountMinor, currency, method }, signal) {
      const body = { order_id: orderId, amount_minor: amountMinor, currency, method };
      return chargeResult(await post('/v1/charges', key, body, signal));
    },
    async lookup(key, signal) {
      const url = `${base}/v1/charges/${encodeURIComponent(key)}`;
      const headers = { accept: 'application/json' };
      return lookupResult(await exchange({ url, method: 'GET', headers }, timeoutMs, signal));
    },
    async refund({ key, chargeKey, orderId, amountMinor, currency }, signal) {
      const body = { charge_key: chargeKey, order_id: orderId, amount_minor: amountMinor, currency };
      return refundResult(await post('/v1/refunds', key, body, signal));
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
