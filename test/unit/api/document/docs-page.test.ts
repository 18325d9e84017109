import { describe, expect, test } from '@jest/globals';
import { openDesk } from '../desk.js';

const desk = openDesk();
const get = async (path: string, headers: Record<string, string> = {}) => {
  const response = await desk.app.request(path, { headers });
  return { status: response.status, headers: response.headers, text: await response.text() };
};

describe('the page of the API', () => {
  test('is served with a policy that lets it load from here alone', async () => {
    const { status, headers, text } = await get('/docs');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=UTF-8']);
    const policy = headers.get('content-security-policy')?.split('; ');
    expect(policy).toEqual(
      expect.arrayContaining(["default-src 'self'", "style-src 'self' 'unsafe-inline'", "img-src 'self' data:"]),
    );
    expect(text).toContain('<div id="swagger-ui">');
  });

  test('names no other host and has no script of its own, which the policy would refuse', async () => {
    const { text } = await get('/docs');
    expect(text).not.toMatch(/(?:https?:)?\/\/[a-z]/i);
    expect(text).not.toMatch(/<script(?![^>]*\ssrc=)/);
    expect(text).not.toMatch(/\son\w+=/);
    const { text: script } = await get('/docs/initializer.js');
    expect(script).toContain("url: '/openapi.json'");
    expect(script).toContain('validatorUrl: null');
  });

  test('finds every file that it names', async () => {
    const { text } = await get('/docs');
    const named = [...text.matchAll(/(?:src|href)="(\/[^"]+)"/g)].map(([, path = '']) => path);
    expect(named).toHaveLength(5);
    const types = Object.fromEntries(
      await Promise.all(
        named.map(async (path) => {
          const { status, headers, text: content } = await get(path);
          expect([path, status, content.length > 100]).toEqual([path, 200, true]);
          return [path, headers.get('content-type')] as const;
        }),
      ),
    );
    expect(types).toEqual({
      '/docs/swagger-ui.css': expect.stringMatching(/^text\/css/),
      '/docs/swagger-ui-bundle.js': expect.stringMatching(/^text\/javascript/),
      '/docs/initializer.js': expect.stringMatching(/^text\/javascript/),
      '/docs/favicon-32x32.png': 'image/png',
      '/openapi.json': 'application/json',
    });
  });

  test('lets browsers keep its files for a day, and not take them for something else', async () => {
    const { headers } = await get('/docs/swagger-ui.css');
    expect(headers.get('cache-control')).toBe('public, max-age=86400');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('is where the first page that people open leads to', async () => {
    const { status, headers } = await get('/');
    expect([status, headers.get('location')]).toEqual([302, '/docs']);
  });

  test('has the icon that browsers ask for beside any page, without a key', async () => {
    const { status, headers } = await get('/favicon.ico');
    expect([status, headers.get('location')]).toEqual([302, '/docs/favicon-32x32.png']);
    expect(await get('/docs/favicon-32x32.png')).toMatchObject({ status: 200 });
  });

  test('is found with a slash at its end too', async () => {
    const { status, headers } = await get('/docs/');
    expect([status, headers.get('location')]).toEqual([301, '/docs']);
  });

  test.each([
    '/docs/index.html',
    '/docs/package.json',
    '/docs/swagger-ui-bundle.js.map',
    '/docs/../package.json',
    '/docs/%2e%2e/package.json',
    '/docs/..%2fpackage.json',
    '/docs/..%5cpackage.json',
    '/docs//swagger-ui.css',
    '/docs/swagger-ui.css/',
    '/docs/swagger-ui.css%00',
    '/docs/constructor',
  ])('serves nothing else: %s', async (path) => {
    const { status, headers } = await get(path);
    expect([status, headers.get('content-type')]).toEqual([404, 'application/problem+json']);
  });
});

describe('the document of the API', () => {
  test('is cached by clients until it changes', async () => {
    const first = await get('/openapi.json');
    expect(JSON.parse(first.text)).toMatchObject({ openapi: '3.1.0' });
    expect(first.headers.get('cache-control')).toBe('no-cache');
    const again = await get('/openapi.json', { 'if-none-match': first.headers.get('etag') ?? '' });
    expect([again.status, again.text]).toEqual([304, '']);
    expect((await get('/openapi.json', { 'if-none-match': '"older"' })).status).toBe(200);
  });

  test('is the same for every process of the same release', async () => {
    const other = await openDesk().app.request('/openapi.json');
    expect(other.headers.get('etag')).toBe((await get('/openapi.json')).headers.get('etag'));
  });
});
