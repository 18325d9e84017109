import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { ERROR_SECTIONS, INTRODUCTION } from '../../../../src/api/document/error-pages/sections.js';
import { PROBLEMS } from '../../../../src/api/requests/problems.js';
import { openShop } from '../shop.js';

const CODES = Object.keys(PROBLEMS);
const markdown = readFileSync(new URL('../../../../docs/errors.md', import.meta.url), 'utf8');

const readPage = async () => {
  const response = await openShop().app.request('/docs/errors');
  return { status: response.status, headers: response.headers, html: await response.text() };
};

describe('docs/errors.md', () => {
  test('is what the code says of its problems; if not, run "npm run docs"', async () => {
    const script = '../../../../scripts/errors-page.mjs';
    const { errorsMarkdown }: { errorsMarkdown: (sections: unknown) => string } = await import(script);
    expect(markdown).toBe(errorsMarkdown({ ERROR_SECTIONS, INTRODUCTION }));
  });

  test('has one section for each problem, and none for anything else', () => {
    expect([...markdown.matchAll(/^## (.*)$/gm)].map(([, heading]) => heading)).toEqual(CODES);
  });

  test('shows for each problem an answer as it would be sent', () => {
    const examples = [...markdown.matchAll(/^```json\n([^]*?)^```/gm)].map(
      ([, text = '']) => JSON.parse(text) as Record<string, unknown>,
    );
    expect(examples.map(({ code, type, status, title }) => ({ code, type, status, title }))).toEqual(
      Object.entries(PROBLEMS).map(([code, problem]) => ({ code, type: `/docs/errors#${code}`, ...problem })),
    );
  });
});

describe('/docs/errors', () => {
  test('opens each type of a problem: every code is an anchor, once', async () => {
    const { status, headers, html } = await readPage();
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=UTF-8');
    expect([...html.matchAll(/ id="([^"]*)"/g)].map(([, id]) => id)).toEqual(CODES);
    expect([...html.matchAll(/ href="#([^"]*)"/g)].map(([, id]) => id)).toEqual([...CODES, ...CODES]);
  });

  test('loads nothing, runs nothing, and keeps to its own policy', async () => {
    const { headers, html } = await readPage();
    expect(html).not.toMatch(/<script|<link|<img|<iframe|\sstyle=|\son\w+=|https?:/);
    const styles = [...html.matchAll(/<style>([^]*?)<\/style>/g)].map(([, style = '']) => style);
    const hashes = styles.map((style) => `'sha256-${createHash('sha256').update(style).digest('base64')}'`);
    expect(headers.get('content-security-policy')).toContain(`default-src 'none'; style-src ${hashes.join(' ')};`);
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });

  test('escapes what it shows', async () => {
    const { html } = await readPage();
    expect(html).toContain('Authorization: Bearer &lt;API key&gt;');
    expect(html).toContain('&quot;code&quot;: &quot;order-conflict&quot;');
    expect(html).not.toContain('`');
  });
});
