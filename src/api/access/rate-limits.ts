import type { Context } from 'hono';
import { Problem } from '../requests/problems.js';

/** The state of a counter after a checkout was counted. */
export interface Allowance {
  allowed: boolean;
  limit: number;
  windowMs: number;
  /** What is left in this window, as far as this process knows. */
  remaining: number;
  /** When the next window begins. */
  resetMs: number;
}

/** Counts checkouts per subject, over all processes. Never throws: if it cannot count, it estimates. */
export interface RateCounter {
  count(subject: string): Promise<Allowance>;
}

/** The counters that are on. */
export interface RateLimits {
  perKey?: RateCounter | undefined;
  perCustomer?: RateCounter | undefined;
}

const SHOWN = 'rateLimitRemaining';

type Which = 'API key' | 'customer';

/**
 * Counts one checkout, and reports the counter in RateLimit-Limit, -Remaining and -Reset
 * (draft-ietf-httpapi-ratelimit-headers-06). With two counters, the headers show the one with less left.
 * @throws Problem `rate-limited`
 */
export async function countCheckout(
  c: Context,
  counter: RateCounter | undefined,
  which: Which,
  subject: string | undefined,
) {
  if (counter === undefined || subject === undefined) return;
  const allowance = await counter.count(subject);
  const seconds = Math.max(1, Math.ceil(allowance.resetMs / 1000));
  const shown = c.get(SHOWN) as number | undefined;
  const headers = {
    'RateLimit-Limit': `${allowance.limit}`,
    'RateLimit-Remaining': `${allowance.remaining}`,
    'RateLimit-Reset': `${seconds}`,
  };
  if (!allowance.allowed || shown === undefined || shown > allowance.remaining) {
    c.set(SHOWN, allowance.remaining);
    for (const [name, value] of Object.entries(headers)) c.header(name, value);
  }
  if (!allowance.allowed) {
    const detail = `This ${which} may send ${allowance.limit} checkouts in ${allowance.windowMs / 1000} s. Nothing was accepted.`;
    throw new Problem('rate-limited', detail, {}, { 'Retry-After': `${seconds}` });
  }
}
