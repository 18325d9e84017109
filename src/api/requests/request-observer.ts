import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';

/** A request that was answered. */
export interface AnsweredRequest {
  method: string;
  /** The pattern of the route that answered; `unmatched` if none did. */
  route: string;
  status: number;
  seconds: number;
  /** As requested, without the query. */
  path: string;
  requestId: string;
  /** The id of its API key, once that was verified. */
  keyId?: string;
  /** The order that it was about, if any. */
  orderId?: string;
  /** Why it failed, if it did. */
  error?: Error;
}

/** Handles a request within a trace: the caller's, if it sent one. */
export type RequestTracer = (
  incoming: { method: string; traceHeaders: Record<string, string> },
  answer: () => Promise<AnsweredRequest>,
) => Promise<unknown>;

/** Called for every answered request. Must not throw. */
export type RequestObserver = (request: AnsweredRequest) => void;

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const ORDER_PATH = /^\/v1\/orders\/([A-Za-z0-9_-]{1,64})(?:\/|$)/;

export function observeRequests(observe: RequestObserver = () => {}, trace?: RequestTracer) {
  return createMiddleware(async (c, next) => {
    const answer = async (): Promise<AnsweredRequest> => {
      const started = performance.now();
      await next();
      const answered = answeredRequest(c, (performance.now() - started) / 1000);
      observe(answered);
      return answered;
    };
    if (trace === undefined) await answer();
    else await trace({ method: c.req.method, traceHeaders: traceHeaders(c) }, answer);
  });
}

function answeredRequest(c: Context, seconds: number): AnsweredRequest {
  const { method } = c.req;
  const orderId = orderOf(c);
  const keyId: unknown = c.get('keyId');
  return {
    // A client may invent methods, and each would be another time series.
    method: METHODS.has(method) ? method : 'other',
    route: matchedRoutes(c).findLast((one) => one.method !== 'ALL')?.path ?? 'unmatched',
    status: c.res.status,
    seconds,
    path: c.req.path,
    requestId: c.get('requestId'),
    ...(typeof keyId === 'string' ? { keyId } : {}),
    ...(orderId === undefined ? {} : { orderId }),
    ...(c.error === undefined ? {} : { error: c.error }),
  };
}

function traceHeaders(c: Context): Record<string, string> {
  const given = ['traceparent', 'tracestate'].map((name) => [name, c.req.header(name)] as const);
  return Object.fromEntries(given.flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])));
}

/** The order that a request is about: from its path, or for a checkout from its body. */
export function orderOf(c: Context): string | undefined {
  const named: unknown = c.get('orderId');
  return typeof named === 'string' ? named : ORDER_PATH.exec(c.req.path)?.[1];
}
