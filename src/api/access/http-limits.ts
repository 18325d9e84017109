import type { IncomingMessage } from 'node:http';
import type { Context } from 'hono';
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import { secureHeaders } from 'hono/secure-headers';
import { Problem } from '../requests/problems.js';

const MAX_URL_LENGTH = 2_048;
const MAX_HEADERS = 100;
const PREFLIGHT_SECONDS = 600;

// Pages load only our own scripts and styles; everything else loads nothing at all.
const PAGES = /^\/(?:docs|console)(?:\/|$)/;
const PAGE_POLICY = ["default-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:"];
const POLICY_OF_ALL = ["frame-ancestors 'none'", "base-uri 'none'", "form-action 'self'"];
const PAGE_CSP = [...PAGE_POLICY, ...POLICY_OF_ALL].join('; ');
const DATA_CSP = ["default-src 'none'", ...POLICY_OF_ALL].join('; ');

/** Refuses what no legitimate client sends: long URLs and hundreds of headers. */
export const boundUrlAndHeaders = createMiddleware(async (c, next) => {
  if (c.req.url.length > MAX_URL_LENGTH) {
    throw new Problem('uri-too-long', `A URL may have ${MAX_URL_LENGTH} characters at most.`);
  }
  if (headerCount(c) > MAX_HEADERS) {
    throw new Problem('headers-too-large', `A request may have ${MAX_HEADERS} headers at most.`);
  }
  await next();
});

/** Node's server exposes the raw headers of a request; elsewhere nothing is counted. */
function headerCount(c: Context): number {
  const { incoming } = (c.env ?? {}) as { incoming?: IncomingMessage };
  return (incoming?.rawHeaders.length ?? 0) / 2;
}

const common = secureHeaders({
  // The proxy that terminates TLS decides whether to insist on it.
  strictTransportSecurity: false,
  xFrameOptions: 'DENY',
  originAgentCluster: false,
  xDnsPrefetchControl: false,
  xDownloadOptions: false,
  xPermittedCrossDomainPolicies: false,
  xXssProtection: false,
  overwrite: false,
});

/** Headers for browsers, on every answer, unless a handler sets its own. */
export const browserHeaders = createMiddleware(async (c, next) => {
  await common(c, async () => {
    await next();
    const page = PAGES.test(c.req.path);
    if (!c.res.headers.has('Content-Security-Policy')) c.header('Content-Security-Policy', page ? PAGE_CSP : DATA_CSP);
    if (!c.res.headers.has('Cache-Control') && !page) c.header('Cache-Control', 'no-store');
  });
});

/** Lets pages of these origins call the API and read its answers. */
export function allowOrigins(origins: readonly string[]) {
  return cors({
    origin: [...origins],
    allowMethods: ['GET', 'POST', 'PATCH', 'DELETE'],
    allowHeaders: [
      'Authorization',
      'Content-Type',
      'Idempotency-Key',
      'If-Match',
      'Last-Event-ID',
      'Prefer',
      'X-Actor',
      'X-Request-Id',
    ],
    exposeHeaders: [
      'Accept-Encoding',
      'Accept-Patch',
      'Accept-Post',
      'Allow',
      'ETag',
      'Idempotency-Replayed',
      'Location',
      'Preference-Applied',
      'RateLimit-Limit',
      'RateLimit-Remaining',
      'RateLimit-Reset',
      'Retry-After',
      'WWW-Authenticate',
      'X-Request-Id',
    ],
    maxAge: PREFLIGHT_SECONDS,
  });
}
