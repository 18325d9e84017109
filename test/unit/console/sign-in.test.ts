import { describe, expect, test } from '@jest/globals';
import { createSignInLimit } from '../../../src/console/sign-in-limit.js';
import { openConsole } from './opened.js';

describe('signing in to the console', () => {
  test('takes an API key with the scope operations, and keeps nothing of it in the cookie', async () => {
    const { signIn, visit } = openConsole();
    const answer = await signIn('duty');
    expect(answer.status).toBe(303);
    expect(answer.headers.get('Location')).toBe('/console');
    const cookie = answer.headers.get('Set-Cookie') ?? '';
    expect(cookie).toMatch(/^holdfast_console=[\w-]{43}; Max-Age=43200; Path=\/console; HttpOnly; SameSite=Strict$/);
    expect(await visit('/console')).toMatchObject({ status: 200 });
  });

  test('marks the cookie as secure wherever it is not this machine', async () => {
    const { signIn } = openConsole();
    const answer = await signIn('duty', { Host: 'localhost:3000' });
    expect(answer.headers.get('Set-Cookie')).not.toContain('Secure');
  });

  test.each([['shop'], ['nonsense'], ['']])('refuses the key %j, which may not operate', async (key) => {
    const { signIn, visit } = openConsole();
    const answer = await signIn(key);
    expect(answer.status).toBe(403);
    expect(answer.headers.get('Set-Cookie')).toBeNull();
    expect((await visit('/console')).headers.get('Location')).toBe('/console/sign-in');
  });

  test.each([{ 'Sec-Fetch-Site': 'cross-site' }, { Origin: 'https://elsewhere.example.com' }, { Origin: 'null' }])(
    'refuses a form from another site: %j',
    async (headers: Record<string, string>) => {
      expect((await openConsole().signIn('duty', headers)).status).toBe(403);
    },
  );

  test('is refused for a while after ten failures in a minute, even with a good key', async () => {
    const { signIn } = openConsole();
    for (let i = 0; i < 10; i += 1) expect((await signIn('nonsense')).status).toBe(403);
    expect((await signIn('duty')).status).toBe(429);
  });

  test('counts failures per address and in all, and forgets them after a minute', () => {
    let now = 0;
    const limit = createSignInLimit(() => now);
    for (let i = 0; i < 10; i += 1) limit.failed('a');
    expect([limit.isReached('a'), limit.isReached('b')]).toEqual([true, false]);
    for (let i = 0; i < 90; i += 1) limit.failed(`address-${i}`);
    expect(limit.isReached('b')).toBe(true);
    now = 60_001;
    expect([limit.isReached('a'), limit.isReached('b')]).toEqual([false, false]);
  });
});

describe('a session', () => {
  test('is needed for every page, and for every form', async () => {
    const { visit, send, has } = openConsole();
    has('order-1');
    for (const path of ['', '/orders', '/orders/order-1', '/attention', '/products', '/webhooks', '/system', '/live']) {
      expect(await visit(`/console${path}`)).toMatchObject({ status: 303 });
    }
    expect((await send('/console/orders/order-1/cancel', { reason: 'x' })).headers.get('Location')).toBe(
      '/console/sign-in',
    );
  });

  test('ends with its sign-out, with its key, and with its time', async () => {
    const { signIn, submit, visit, sessions } = openConsole();
    await signIn('duty');
    expect((await submit('/console/sign-out')).headers.get('Location')).toBe('/console/sign-in');
    expect(sessions.size).toBe(0);
    await signIn('duty');
    // As the store does when the key was revoked or the time is over.
    sessions.clear();
    expect((await visit('/console')).status).toBe(303);
  });

  test.each([
    ['no token', {}],
    ['a wrong token', { csrf: 'x'.repeat(43) }],
  ])('does nothing for a form with %s', async (_name, fields) => {
    const { signIn, send, has, asked } = openConsole();
    has('order-1');
    await signIn('duty');
    expect((await send('/console/orders/order-1/cancel', { reason: 'x', ...fields })).status).toBe(403);
    expect(asked).toEqual([]);
  });
});

test('every answer forbids frames, foreign scripts and storing the page', async () => {
  const { signIn, visit } = openConsole();
  await signIn('all');
  for (const path of ['/console', '/console/sign-in', '/console/orders/none', '/console/nothing']) {
    const { headers } = await visit(path);
    expect(headers.get('Content-Security-Policy')).toContain("default-src 'none'; style-src 'self'; script-src 'self'");
    expect(headers.get('Content-Security-Policy')).toContain("frame-ancestors 'none'");
    expect(headers.get('Cache-Control')).toBe('no-store');
  }
});
