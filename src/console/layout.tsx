import { html } from 'hono/html';
import type { PropsWithChildren } from 'hono/jsx';
import { ASSETS } from './assets.js';
import type { Session } from './session.js';

const PAGES = [
  ['/console', 'Home', 'h'],
  ['/console/orders', 'Orders', 'o'],
  ['/console/attention', 'Needs a person', 'n'],
  ['/console/products', 'Products', 'p'],
  ['/console/webhooks', 'Webhooks', 'w'],
  ['/console/system', 'System', 's'],
] as const;

export interface LayoutProps {
  title: string;
  /** Absent before the sign-in. */
  session?: Session;
  path?: string;
  /** The event stream that says when this page has changed. */
  live?: string;
  /** What the last action came to. */
  notice?: { tone: 'good' | 'bad'; text: string } | undefined;
}

export function page(props: PropsWithChildren<LayoutProps>) {
  return html`<!doctype html>${Layout(props)}`;
}

function Layout({ title, session, path = '', live, notice, children }: PropsWithChildren<LayoutProps>) {
  return (
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>{`${title} · Holdfast`}</title>
        <link rel="icon" href={ASSETS.icon} type="image/svg+xml" />
        <link rel="stylesheet" href={ASSETS.css} />
        <script src={ASSETS.js} defer />
      </head>
      <body data-live={live}>
        <a class="skip" href="#main">
          Skip to the content
        </a>
        {session === undefined ? null : <Header session={session} path={path} />}
        <main id="main">
          <div class="title">
            <h1>{title}</h1>
            {live === undefined ? null : (
              <span id="live" role="status">
                as of this page load
              </span>
            )}
          </div>
          {notice === undefined ? null : (
            <p class={`notice ${notice.tone}`} role="status">
              {notice.text}
            </p>
          )}
          {children}
        </main>
      </body>
    </html>
  );
}

function Header({ session, path }: { session: Session; path: string }) {
  return (
    <header>
      <a class="brand" href="/console">
        Holdfast
      </a>
      <nav aria-label="Pages">
        {PAGES.map(([href, name, key]) => (
          <a href={href} data-key={key} aria-current={href === path ? 'page' : undefined}>
            {name}
          </a>
        ))}
      </nav>
      <form role="search" action="/console/search" class="search">
        <label for="q" class="hidden">
          Order, customer or dead letter
        </label>
        <input id="q" name="q" type="search" placeholder="Order, customer, dl_…  ( / )" maxlength={100} />
      </form>
      <form method="post" action="/console/sign-out" class="who">
        <input type="hidden" name="csrf" value={session.csrf} />
        <span title={`API key ${session.keyId}`}>{session.keyName}</span>
        <button type="submit">Sign out</button>
      </form>
    </header>
  );
}
