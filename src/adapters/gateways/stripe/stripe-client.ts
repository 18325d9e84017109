import type { Stripe } from 'stripe';
import { networkFault, type CallTracer } from '../exchange.js';

/** The version of Stripe's API that the answers are read by, whatever the account's own is. */
export const API_VERSION = '2026-10-28.endive';

export interface StripeAccess {
  secretKey: string;
  /** Where Stripe answers; its own address unless it is a test. */
  baseUrl: string;
  timeoutMs: number;
  trace?: CallTracer | undefined;
}

/** Loads Stripe's package, which nothing else does. Retries are ours alone, and nothing is told about earlier calls. */
export async function openStripe({ secretKey, baseUrl, timeoutMs, trace }: StripeAccess): Promise<Stripe> {
  const { Stripe: StripeClient } = await import('stripe');
  const { protocol, hostname, port } = new URL(baseUrl);
  return new StripeClient(secretKey, {
    apiVersion: API_VERSION,
    maxNetworkRetries: 0,
    telemetry: false,
    timeout: timeoutMs,
    protocol: protocol === 'http:' ? 'http' : 'https',
    host: hostname,
    ...(port === '' ? {} : { port }),
    // With `fetch`, a connection that was closed is not tried again: the package's other client does that.
    httpClient: StripeClient.createFetchHttpClient(tracedFetch(trace)),
  });
}

function tracedFetch(trace: CallTracer = (_, send) => send({})): typeof fetch {
  return async (input, init) => {
    const url = typeof input === 'string' ? input : input instanceof URL ? input.href : input.url;
    const call = { gateway: 'stripe', method: init?.method ?? 'GET', url, route: new URL(url).pathname };
    const outcome: { response?: Response; error?: unknown } = {};
    await trace(call, async (headers) => {
      try {
        const all = new Headers(init?.headers);
        for (const [name, value] of Object.entries(headers)) all.set(name, value);
        outcome.response = await fetch(input, { ...init, headers: all, redirect: 'manual' });
        return { kind: 'answered', status: outcome.response.status };
      } catch (error) {
        outcome.error = error;
        return networkFault(error);
      }
    });
    if (outcome.response === undefined) throw outcome.error;
    return outcome.response;
  };
}
