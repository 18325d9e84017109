import type { Context } from 'hono';
import { createMiddleware } from 'hono/factory';
import { matchedRoutes } from 'hono/route';
import type { Scope } from '../../domain/scopes.js';
import type { ApiLog } from '../requests/api-log.js';
import type { KeyVerifier, Refusal } from './key-verifier.js';
import { Problem } from '../requests/problems.js';
import { INCLUDE_SCOPES, ROUTE_SCOPES } from './route-scopes.js';

export type AccessEnv = { Variables: { requestId: string; keyId: string; keyName: string } };

export interface AccessOptions {
  verifier: KeyVerifier;
  log: ApiLog;
}

const REALM = 'Bearer realm="holdfast"';
const HOW = 'Send the header Authorization: Bearer <API key>.';
const LOG_EVERY_MS = 1_000;

const WHY: Record<Refusal, string> = {
  malformed: 'This is not an API key, or it was mistyped: its form or its checksum is wrong.',
  unknown: 'This API key is not known.',
  expired: 'This API key has expired.',
  revoked: 'This API key was revoked.',
};

/**
 * Requires an API key with the scope of the route (RFC 6750). Without a valid key, all routes except the public ones
 * answer 401, even if they do not exist; with one, a route that does not exist answers 404.
 */
export function requireKey({ verifier, log }: AccessOptions) {
  const report = quietly(log);

  return createMiddleware<AccessEnv>(async (c, next) => {
    const wanted = scopeOf(c);
    if (wanted === 'public') return next();

    const text = bearerToken(c.req.header('Authorization'));
    if (text === undefined) throw challenge(HOW, '');
    const verified = await verifier.verify(text);
    if (!verified.ok) {
      report({ request_id: c.get('requestId'), key_id: verified.id, why: verified.why }, 'an API key was refused');
      throw challenge(WHY[verified.why], ', error="invalid_token"');
    }
    c.set('keyId', verified.id);
    c.set('keyName', verified.name);
    if (wanted !== undefined && !verified.may(wanted)) {
      report({ request_id: c.get('requestId'), key_id: verified.id, scope: wanted }, 'an API key lacks a scope');
      throw lacking(wanted);
    }
    return next();
  });
}

/** By the router's own match; undefined if no route has this method and path. */
function scopeOf(c: Context): Scope | 'public' | undefined {
  const route = matchedRoutes(c).find(({ method }) => method !== 'ALL');
  if (route === undefined) return undefined;
  const name = `${route.method} ${route.path}`;
  const more = c.req.query('include') === undefined ? undefined : INCLUDE_SCOPES[name];
  return more ?? ROUTE_SCOPES[name] ?? 'admin';
}

function bearerToken(header: string | undefined): string | undefined {
  return /^bearer +(.*)$/i.exec(header ?? '')?.[1]?.trim();
}

function challenge(detail: string, error: string): Problem {
  return new Problem('unauthorized', detail, {}, { 'WWW-Authenticate': `${REALM}${error}` });
}

function lacking(scope: Scope): Problem {
  const header = `${REALM}, error="insufficient_scope", scope="${scope}"`;
  return new Problem(
    'insufficient-scope',
    `This API key lacks the scope "${scope}".`,
    { required_scope: scope },
    { 'WWW-Authenticate': header },
  );
}

/** At most one line per second, with the number of refusals: guessed keys must not fill the log. */
function quietly(log: ApiLog): ApiLog['warn'] {
  let lastAt = -Infinity;
  let unsaid = 0;
  return (fields, message) => {
    unsaid += 1;
    const now = performance.now();
    if (now - lastAt < LOG_EVERY_MS) return;
    log.warn({ ...fields, times: unsaid }, message);
    [lastAt, unsaid] = [now, 0];
  };
}
