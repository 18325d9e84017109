import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Problem } from '../requests/problems.js';
import { retryAfter } from '../requests/retry-after.js';

export interface InFlightOptions {
  /** The most concurrent requests. */
  most: number;
  /** How many more checkouts may wait for their turn. */
  burst: number;
  /** The longest that one may take. */
  timeoutMs: number;
}

const CHECKOUT_SHARE = 0.8;

/**
 * Limits how many requests are handled at once, and for how long. Checkouts cannot use all slots, so that reads and
 * cancels get through; gateway events have separate slots, since they are small and anyone can send them. A checkout of
 * a burst counts when its turn comes, which it reports through `workedOn`; until then it only waits.
 */
export function boundRequests({ most, burst, timeoutMs }: InFlightOptions) {
  const inFlight = { clients: 0, gateways: 0, queued: 0 };
  const isTooMuch = (c: Context): boolean => {
    if (isGateway(c)) return inFlight.gateways >= most;
    if (!isCheckout(c)) return inFlight.clients >= most;
    return inFlight.clients + inFlight.queued >= most * CHECKOUT_SHARE + burst;
  };

  return createMiddleware<{ Variables: { workedOn: () => void } }>(async (c, next) => {
    if (isTooMuch(c)) {
      throw new Problem(
        'overloaded',
        'Too many requests are in progress. Nothing was done; try again later.',
        {},
        retryAfter(),
      );
    }
    let whose: keyof typeof inFlight = isGateway(c) ? 'gateways' : 'clients';
    if (burst > 0 && isCheckout(c)) whose = 'queued';
    inFlight[whose] += 1;
    c.set('workedOn', () => {
      inFlight[whose] -= 1;
      if (whose === 'queued') whose = 'clients';
      inFlight[whose] += 1;
    });
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

function isGateway({ req }: Context): boolean {
  return req.path.startsWith('/webhooks/');
}

function isCheckout({ req }: Context): boolean {
  return req.method === 'POST' && req.path === '/v1/orders';
}

function tooLate(): Problem {
  const detail = 'This took too long. Sending it again with the same order_id or Idempotency-Key is safe.';
  return new Problem('unavailable', detail, {}, retryAfter());
}
