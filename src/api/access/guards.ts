// What every request passes before its route: limits, API key, scope, rate limits. Never a rule about orders.

import type { MiddlewareHandler } from 'hono';
import { requireKey, type AccessOptions } from './access.js';
import { allowOrigins, boundUrlAndHeaders, browserHeaders } from './http-limits.js';
import { boundRequests } from '../load/in-flight.js';

export interface GuardOptions extends AccessOptions {
  /** The most concurrent requests. */
  maxRequests: number;
  /** How many more checkouts may wait for their turn. */
  maxBurst: number;
  /** The origins whose pages may call the API; empty: none. */
  corsOrigins: readonly string[];
}

/** The middleware of every route, in order. */
export type Guards = readonly MiddlewareHandler[];

// Longer than the longest wait that a client may request.
const REQUEST_TIMEOUT_MS = 45_000;

export function createGuards({ verifier, log, maxRequests, maxBurst, corsOrigins }: GuardOptions): Guards {
  return [
    browserHeaders,
    boundUrlAndHeaders,
    ...(corsOrigins.length === 0 ? [] : [allowOrigins(corsOrigins)]),
    boundRequests({ most: maxRequests, burst: maxBurst, timeoutMs: REQUEST_TIMEOUT_MS }),
    requireKey({ verifier, log }),
  ];
}
