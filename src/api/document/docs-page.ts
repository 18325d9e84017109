import { createHash } from 'node:crypto';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import { serveStatic } from '@hono/node-server/serve-static';
import { Hono, type MiddlewareHandler } from 'hono';
import { etag } from 'hono/etag';
import type { ApiDocument } from './document.js';

const CSP = [
  "default-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "frame-ancestors 'none'",
  "base-uri 'none'",
  "form-action 'self'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Holdfast API</title>
    <link rel="icon" type="image/png" sizes="32x32" href="/docs/favicon-32x32.png">
    <link rel="stylesheet" href="/docs/swagger-ui.css">
  </head>
  <body>
    <noscript>This page needs JavaScript. The document itself is <a href="/openapi.json">/openapi.json</a>.</noscript>
    <div id="swagger-ui"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/initializer.js"></script>
  </body>
</html>
`;

// Without `validatorUrl: null`, the page would send the document to Swagger's server.
const INITIALIZER = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#swagger-ui',
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  tryItOutEnabled: true,
  validatorUrl: null,
});
`;

// They change only with a release; a page that is stale for a day does no harm.
const FOR_A_DAY = 'public, max-age=86400';
const AFTER_ASKING = 'no-cache';

/**
 * `/openapi.json`, and `/docs` with Swagger UI, to which `/` redirects: everything from this process, and only these
 * files.
 * @param build creates the document once, on the first request: most processes never get one
 */
export function createDocsRoutes(build: () => ApiDocument) {
  const app = new Hono();
  let built: { json: string; tag: string } | undefined;

  app.get('/openapi.json', etag(), (c) => {
    built ??= tagged(JSON.stringify(build()));
    const headers = { 'Content-Type': 'application/json', 'Cache-Control': AFTER_ASKING, ETag: built.tag };
    return c.body(built.json, 200, headers);
  });

  app.get('/', (c) => c.redirect('/docs', 302));

  // Browsers ask for it beside every page, such as an answer in JSON.
  app.get('/favicon.ico', (c) => c.redirect('/docs/favicon-32x32.png', 302));

  app.get('/docs', etag(), (c) => {
    c.header('Cache-Control', AFTER_ASKING);
    c.header('Content-Security-Policy', CSP);
    c.header('ETag', tagOf(PAGE));
    return c.html(PAGE);
  });

  const files = new Map<string, MiddlewareHandler>([
    ['/docs/', async (c) => c.redirect('/docs', 301)],
    [
      '/docs/initializer.js',
      async (c) => c.body(INITIALIZER, 200, { 'Content-Type': 'text/javascript; charset=utf-8' }),
    ],
    ...['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'].map(
      (name) => [`/docs/${name}`, serveStatic({ root: swaggerFolder(), path: name })] as const,
    ),
  ]);
  app.get('/docs/*', async (c, next) => {
    const file = files.get(c.req.path);
    if (file === undefined) return next();
    c.header('Cache-Control', FOR_A_DAY);
    c.header('X-Content-Type-Options', 'nosniff');
    return file(c, next);
  });

  return app;
}

function tagged(json: string) {
  return { json, tag: tagOf(json) };
}

function swaggerFolder(): string {
  return dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));
}

function tagOf(text: string): string {
  return `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;
}
