import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';

/** A request that was answered. */
export interface AnsweredRequest {
  method: string;
  /** The pattern of the route that answered; `unmatched` when none did. */
  route: string;
  status: number;
  seconds: number;
  requestId: string;
  /** The order it was about, if any. */
  orderId?: string;
}

/** Hears of every answered request. Must not throw. */
export type RequestObserver = (request: AnsweredRequest) => void;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const ORDER_PATH = /^\/v1\/orders\/([A-Za-z0-9_-]{1,64})(?:\/|$)/;

export function observeRequests(observe: RequestObserver) {
  return createMiddleware(async (c, next) => {
    const started = performance.now();
    await next();
    const { method } = c.req;
    const orderId = orderOf(c);
    observe({
      // A client may invent methods, and each would be a series of its own.
      method: METHODS.has(method) ? method : 'other',
      route: matchedRoutes(c).findLast(({ path }) => !path.endsWith('*'))?.path ?? 'unmatched',
      status: c.res.status,
      seconds: (performance.now() - started) / 1000,
      requestId: c.get('requestId'),
      ...(orderId === undefined ? {} : { orderId }),
    });
  });
}

/** From the path, or for a checkout from the answer's Location. */
function orderOf(c: Context): string | undefined {
  return ORDER_PATH.exec(c.req.path)?.[1] ?? ORDER_PATH.exec(c.res.headers.get('Location') ?? '')?.[1];
}
