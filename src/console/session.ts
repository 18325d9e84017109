import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { allows, type Scope } from '../domain/scopes.js';
import type { SessionKey, SessionStore } from './ports.js';

/** A person who is signed in. */
export interface Session extends SessionKey {
  /** What each form of this session sends along. */
  csrf: string;
  may(scope: Scope): boolean;
}

const COOKIE = 'holdfast_console';
const PATH = '/console';
export const SESSION_HOURS = 12;
const SESSION_MS = SESSION_HOURS * 3_600_000;
const TOKEN = /^[A-Za-z0-9_-]{43}$/;
const LOOPBACK = /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/;

/** Signs a key in: the cookie holds a random token, the database its hash. */
export async function openSession(c: Context, sessions: SessionStore, keyId: string): Promise<void> {
  const token = randomBytes(32).toString('base64url');
  await sessions.open(hashOf(token), keyId, new Date(Date.now() + SESSION_MS));
  setCookie(c, COOKIE, token, {
    path: PATH,
    httpOnly: true,
    sameSite: 'Strict',
    // Development is on this machine and without TLS.
    secure: !LOOPBACK.test(c.req.header('Host') ?? ''),
    maxAge: SESSION_MS / 1000,
  });
}

export async function sessionOf(c: Context, sessions: SessionStore): Promise<Session | undefined> {
  const token = tokenOf(c);
  const key = token === undefined ? undefined : await sessions.find(hashOf(token));
  if (token === undefined || key === undefined) return undefined;
  return { ...key, csrf: csrfOf(token), may: (scope) => allows(key.scopes, scope) };
}

export async function closeSession(c: Context, sessions: SessionStore): Promise<void> {
  const token = tokenOf(c);
  if (token !== undefined) await sessions.close(hashOf(token));
  deleteCookie(c, COOKIE, { path: PATH });
}

/** Whether a form came from a page of this session. */
export function isOwnForm({ csrf }: Session, sent: string): boolean {
  const [given, expected] = [Buffer.from(sent), Buffer.from(csrf)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}

/** Whether the browser says that a page of another site sent this. Before there is a session, this is all there is. */
export function isFromElsewhere(c: Context): boolean {
  const site = c.req.header('Sec-Fetch-Site');
  if (site !== undefined) return site !== 'same-origin' && site !== 'none';
  const origin = c.req.header('Origin');
  if (origin === undefined) return false;
  return !URL.canParse(origin) || new URL(origin).host !== c.req.header('Host');
}

function tokenOf(c: Context): string | undefined {
  const token = getCookie(c, COOKIE);
  return token !== undefined && TOKEN.test(token) ? token : undefined;
}

function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** It takes the cookie to make, which no script can read. */
function csrfOf(token: string): string {
  return createHash('sha256').update(`csrf:${token}`).digest('base64url');
}
