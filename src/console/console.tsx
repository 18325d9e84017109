// The console at /console: pages for the person on duty, made here and served by the API's process.
// It reads and acts through the same ports as the API's routes; it has no rule of its own about orders.

import { Hono } from 'hono';
import { createMiddleware } from 'hono/factory';
import { Unavailable } from '../domain/unavailable.js';
import { assetAt } from './assets.js';
import { addActions } from './action-routes.js';
import { PageFault, type ConsoleContext, type ConsoleEnv } from './console-env.js';
import { FormFault } from './form.js';
import { addLiveStreams, createTicker } from './live.js';
import { addPages } from './page-routes.js';
import { signInPage } from './pages/sign-in-page.js';
import { troublePage } from './pages/trouble-page.js';
import type { ConsolePorts } from './ports.js';
import { closeSession, isFromElsewhere, isOwnForm, openSession, sessionOf } from './session.js';
import { createSignInLimit } from './sign-in-limit.js';

const POLICY = [
  "default-src 'none'",
  "style-src 'self'",
  "script-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "frame-ancestors 'none'",
  "base-uri 'none'",
].join('; ');
const FOR_A_YEAR = 'public, max-age=31536000, immutable';
const SIGN_IN = '/console/sign-in';
const REFUSED = 'This is no API key that may use the console. It needs the scope operations.';

export function createConsole(ports: ConsolePorts) {
  const { sessions, verifier, log } = ports;
  const app = new Hono<ConsoleEnv>();
  const limit = createSignInLimit();
  const ticker = createTicker(ports.stats, log);

  app.use(async (c, next) => {
    await next();
    c.header('Content-Security-Policy', POLICY);
    c.header('Referrer-Policy', 'no-referrer');
    if (!c.res.headers.has('Cache-Control')) c.header('Cache-Control', 'no-store');
  });

  app.get('/console/assets/*', (c) => {
    const asset = assetAt(c.req.path);
    if (asset === undefined) throw new PageFault(404, 'There is no such file.');
    return c.body(asset.text, 200, { 'Content-Type': asset.type, 'Cache-Control': FOR_A_YEAR });
  });

  app.get(SIGN_IN, (c) => c.html(signInPage()));
  app.post(SIGN_IN, async (c) => {
    const address = c.env?.incoming?.socket.remoteAddress ?? '';
    if (isFromElsewhere(c)) return c.html(signInPage('This form came from another site.'), 403);
    if (limit.isReached(address)) return c.html(signInPage('Too many tries. Wait a minute.'), 429);
    const { key } = await c.req.parseBody();
    const verified = await verifier.verify(typeof key === 'string' ? key.trim() : '');
    if (!verified.ok || !verified.may('operations')) {
      limit.failed(address);
      log.warn({ request_id: c.env?.requestId }, 'a sign-in to the console was refused');
      return c.html(signInPage(REFUSED), 403);
    }
    await openSession(c, sessions, verified.id);
    return c.redirect('/console', 303);
  });

  app.use('/console/*', signedIn(sessions));
  app.use('/console', signedIn(sessions));
  app.post('/console/sign-out', async (c) => {
    await closeSession(c, sessions);
    return c.redirect(SIGN_IN, 303);
  });
  addPages(app, ports);
  addActions(app, ports);
  addLiveStreams(app, ports, ticker);

  app.notFound((c) => trouble(c, 404, 'There is no such page.'));
  app.onError((error, c) => {
    if (error instanceof PageFault) return trouble(c, error.status, error.message);
    if (error instanceof FormFault) return trouble(c, 422, error.message);
    if (error instanceof Unavailable) {
      log.warn(
        { request_id: c.env?.requestId, err: error.cause, dependency: error.dependency },
        'a page is unavailable',
      );
      const what = { database: 'database', temporal: 'workflow engine', worker: 'worker' }[error.dependency];
      return trouble(c, 503, `The ${what} is unavailable. Nothing is lost; load this page again in a moment.`);
    }
    log.error({ request_id: c.env?.requestId, path: c.req.path, err: error }, 'a page failed');
    return trouble(c, 500, 'This page failed. The fault was logged.');
  });

  return { fetch: app.fetch, close: () => ticker.close() };
}

const TITLES = {
  403: 'Not allowed',
  404: 'Not found',
  422: 'Something is missing',
  500: 'A fault',
  503: 'Unavailable',
} as const;

function trouble(c: ConsoleContext, status: keyof typeof TITLES, text: string) {
  return c.html(troublePage(c.get('session'), TITLES[status], text), status);
}

/** Lets through who is signed in, and forms that come from one of our own pages. */
function signedIn(sessions: ConsolePorts['sessions']) {
  return createMiddleware<ConsoleEnv>(async (c, next) => {
    const session = await sessionOf(c, sessions);
    if (session === undefined || !session.may('operations')) return c.redirect(SIGN_IN, 303);
    c.set('session', session);
    if (c.req.method === 'POST') {
      const { csrf } = await c.req.parseBody();
      if (isFromElsewhere(c) || typeof csrf !== 'string' || !isOwnForm(session, csrf)) {
        throw new PageFault(403, 'This form is not from this session. Go back, load the page again and repeat it.');
      }
    }
    return next();
  });
}
