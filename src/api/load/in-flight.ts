import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Problem } from '../requests/problems.js';
import { retryAfter } from '../requests/retry-after.js';

export interface InFlightOptions {
  /** The most requests that are worked on at once. */
  most: number;
  /** The longest that one may take. */
  timeoutMs: number;
}

const CHECKOUT_SHARE = 0.8;

/**
 * Bounds how many requests are worked on at once, and for how long. A part is kept free of checkouts, so that reads and
 * cancels get through; a gateway's messages have as many places of their own, for they are small, and anybody may send some.
 */
export function boundRequests({ most, timeoutMs }: InFlightOptions) {
  const inFlight = { clients: 0, gateways: 0 };

  return createMiddleware(async (c, next) => {
    const whose = c.req.path.startsWith('/webhooks/') ? 'gateways' : 'clients';
    if (inFlight[whose] >= (isCheckout(c) ? most * CHECKOUT_SHARE : most)) {
      throw new Problem(
        'overloaded',
        'Too many requests are worked on. Nothing was done; try later.',
        {},
        retryAfter(),
      );
    }
    inFlight[whose] += 1;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(tooLate()), timeoutMs);
    });
    try {
      await Promise.race([next(), late]);
    } finally {
      clearTimeout(timer);
      inFlight[whose] -= 1;
    }
  });
}

function isCheckout({ req }: Context): boolean {
  return req.method === 'POST' && req.path === '/v1/orders';
}

function tooLate(): Problem {
  const detail = 'This took too long. Sending it again with the same order_id or Idempotency-Key is safe.';
  return new Problem('unavailable', detail, {}, retryAfter());
}
