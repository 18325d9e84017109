import { createHash } from 'node:crypto';
import { Hono } from 'hono';
import { html, raw } from 'hono/html';
import { ERROR_SECTIONS, INTRODUCTION, type ErrorSection } from './error-pages/sections.js';

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { max-width: 46rem; margin: 0 auto; padding: 1rem }
nav ul { columns: 14rem; padding-left: 1rem }
section { border-top: 1px solid; padding-top: .5rem; margin-top: 2rem }
section:target { outline: 2px solid; outline-offset: .5rem }
pre { overflow-x: auto; padding: .75rem; border: 1px solid }
dt { font-weight: 600 }
`;

const STYLE_HASH = createHash('sha256').update(STYLE).digest('base64');
const HEADERS = {
  'Content-Security-Policy': `default-src 'none'; style-src 'sha256-${STYLE_HASH}'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'`,
  'X-Content-Type-Options': 'nosniff',
  'Cache-Control': 'public, max-age=3600',
};

/** The page that the `type` of every problem points to: one section per code. It loads nothing. */
export function createErrorDocs() {
  const app = new Hono();
  const page = errorsPage();
  app.get('/docs/errors', (c) => c.html(page, 200, HEADERS));
  return app;
}

function errorsPage() {
  return html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>Errors of the Holdfast API</title>
        ${raw(`<style>${STYLE}</style>`)}
      </head>
      <body>
        <main>
          <h1>Errors</h1>
          ${INTRODUCTION.map((text) => html`<p>${prose(text)}</p>`)}
          <nav aria-label="All errors">
            <ul>
              ${ERROR_SECTIONS.map(({ code, status }) => html`<li><a href="#${code}">${code}</a> (${status})</li>`)}
            </ul>
          </nav>
          ${ERROR_SECTIONS.map(section)}
        </main>
      </body>
    </html>`;
}

function section({ code, status, title, meaning, action, retry, example }: ErrorSection) {
  return html`<section id="${code}">
    <h2><a href="#${code}">${code}</a></h2>
    <p>${status}: ${title}.</p>
    <dl>
      <dt>What it means</dt>
      <dd>${prose(meaning)}</dd>
      <dt>What to do</dt>
      <dd>${prose(action)}</dd>
      <dt>Send it again?</dt>
      <dd>${prose(retry)}</dd>
    </dl>
    <pre>${example}</pre>
  </section> `;
}

/** Every second part between backticks is code. */
function prose(text: string) {
  return text.split('`').map((piece, i) => (i % 2 === 1 ? html`<code>${piece}</code>` : html`${piece}`));
}
