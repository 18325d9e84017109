import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const TYPES = { css: 'text/css; charset=utf-8', js: 'text/javascript; charset=utf-8', svg: 'image/svg+xml' } as const;

const files = {
  css: read('console.css', TYPES.css, ['base.css', 'parts.css', 'forms.css']),
  js: read('live.js', TYPES.js),
  icon: read('icon.svg', TYPES.svg),
};

/** Where the pages load them. The name changes with the contents, so that a browser may keep them. */
export const ASSETS = { css: files.css.path, js: files.js.path, icon: files.icon.path };

export function assetAt(path: string): { text: string; type: string } | undefined {
  return Object.values(files).find((file) => file.path === path);
}

function read(name: string, type: string, parts: readonly string[] = [name]) {
  const text = parts.map((part) => readFileSync(new URL(`./assets/${part}`, import.meta.url), 'utf8')).join('');
  const version = createHash('sha256').update(text).digest('base64url').slice(0, 10);
  return { text, type, path: `/console/assets/${version}/${name}` };
}
