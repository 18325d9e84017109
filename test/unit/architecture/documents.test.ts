import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { brokenAnchors, brokenLinks, missingPlaces } from './documents.js';
import { filesBelow, readText, root } from './tree.js';

const exists = (path: string) => existsSync(`${root}${path}`);
const folders = [...new Set(filesBelow('').flatMap(foldersAbove))];
const documents = [
  'README.md',
  'CHANGELOG.md',
  'CONTRIBUTING.md',
  'SECURITY.md',
  ...filesBelow('docs').filter((path) => path.endsWith('.md')),
];

describe('the documents', () => {
  test.each(documents)('have no broken link: %s', (path) => {
    expect(brokenLinks(path, readText(path), exists)).toEqual([]);
  });

  test.each(documents)('have no link to a heading that does not exist: %s', (path) => {
    expect(brokenAnchors(path, readText(path), { exists, read: readText })).toEqual([]);
  });

  test.each(documents)('name no file or folder that does not exist: %s', (path) => {
    const isPlace = (place: string) => exists(place) || exists(`${place}.test.ts`);
    expect(missingPlaces(readText(path), { folders, exists: isPlace })).toEqual([]);
  });

  test('name in docs/races.md, by its short names for folders, no test that does not exist', () => {
    const shelves = { races: 'integration/races', postgres: 'integration/postgres', workflows: 'workflows' };
    const named = [...readText('docs/races.md').matchAll(/`(races|postgres|workflows)\/([\w-]+)`/g)];
    expect(named.length).toBeGreaterThan(50);
    const missing = named.filter(([, shelf = '', name = '']) => {
      return !exists(`test/${shelves[shelf as keyof typeof shelves]}/${name}.test.ts`);
    });
    expect(missing.map(([span]) => span)).toEqual([]);
  });

  test('list in docs/changing.md every file that names the last field added to a checkout', () => {
    const [, count, table = ''] =
      /^### A field in a checkout \((\d+)\)\n([^#]*)/m.exec(readText('docs/changing.md')) ?? [];
    const listed = [...table.matchAll(/^\| `(src\/[^`]+)`/gm)].map(([, path = '']) => path);
    expect(listed).toHaveLength(Number(count));
    const itsUse = ['src/adapters/postgres/events/notice-store.ts', 'src/commands/logger.ts'];
    const naming = filesBelow('src')
      .filter((path) => /customerEmail|customer_email/.test(readText(path)))
      .map((path) => path.replace(/[^/]+\.sql$/, ''));
    expect(listed.toSorted()).toEqual(naming.filter((path) => !itsUse.includes(path)).toSorted());
  });

  test('include those that a reader begins with', () => {
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/architecture.md']));
  });
});

describe('the checker of links', () => {
  const files = new Set(['README.md', 'docs', 'docs/a.md', 'docs/adr', 'docs/adr/1.md', 'docs/b c.md']);
  const broken = (markdown: string) => brokenLinks('docs/a.md', markdown, (path) => files.has(path));

  test.each([
    ['[x](missing.md)', 'missing.md'],
    ['[x](adr/2.md#part)', 'adr/2.md#part'],
    ['![x](picture.png "A picture")', 'picture.png'],
    ['[x](docs/a.md)', 'docs/a.md'],
    ['[x](../../README.md)', '../../README.md'],
    ['[x]: missing.md', 'missing.md'],
    ['<img src="picture.png">', 'picture.png'],
    ['[x](</missing.md>)', '/missing.md'],
  ])('names the link of %s', (markdown, target) => {
    expect(broken(markdown)).toEqual([target]);
  });

  test.each([
    '[x](adr/1.md)',
    '[x](adr/1.md#part)',
    '[x](adr/)',
    '[x](../README.md)',
    '[x](./a.md)',
    '[x](/docs/a.md)',
    '[x](b%20c.md)',
    '[x](#here)',
    '[x](https://example.com/missing.md)',
    '[x](mailto:a@example.com)',
    '`[x](missing.md)`',
    '```md\n[x](missing.md)\n```',
  ])('has nothing against %j', (markdown) => {
    expect(broken(markdown)).toEqual([]);
  });
});

describe('the checker of headings', () => {
  const pages = new Map([
    ['docs/a.md', '# A page\n\n## What it says: `code`, and more'],
    ['docs/b.md', '# Another'],
  ]);
  const exists = (path: string) => pages.has(path);
  const broken = (markdown: string) =>
    brokenAnchors('docs/a.md', markdown, { exists, read: (path) => pages.get(path) ?? '' });

  test.each(['#nothing', 'b.md#a-page', './a.md#another'])('reports a link to %s', (target) => {
    expect(broken(`[x](${target})`)).toEqual([target]);
  });

  test.each(['#a-page', '#what-it-says-code-and-more', 'b.md#another', 'b.md', 'c.md#x', 'https://example.com/b.md#x'])(
    'accepts a link to %s',
    (target) => {
      expect(broken(`[x](${target})`)).toEqual([]);
    },
  );
});

describe('the checker of places', () => {
  const folders = ['src', 'src/domain', 'src/adapters', 'src/adapters/postgres', 'test'];
  const places = new Set([...folders, 'src/main.ts']);
  const missing = (markdown: string) => missingPlaces(markdown, { folders, exists: (path) => places.has(path) });

  test.each([
    ['`src/console/`', 'src/console/'],
    ['`src/console`', 'src/console'],
    ['`src/domain/money.ts`', 'src/domain/money.ts'],
    ['`stripe/`', 'stripe/'],
    ['`adapters/smtp/`', 'adapters/smtp/'],
    ['```\nsrc/domain/   pure\nsrc/console/  pages\n```', 'src/console/'],
  ])('names the one in %j', (markdown, place) => {
    expect(missing(markdown)).toEqual([place]);
  });

  test.each([
    '`src/domain/`',
    '`src/main.ts`',
    '`postgres/`',
    '`adapters/postgres/`',
    '`src/adapters/*`',
    '`src/**`',
    '`/v1/orders/`',
    '`@temporalio/workflow`',
    '`application/json`',
    '`dist/`',
    '```mermaid\na["POST<br/>/v1/orders"]\n```',
    '`~/.cache/holdfast/bin/`',
    'src/console/ in plain prose is a thing to come',
  ])('has nothing against %j', (markdown) => {
    expect(missing(markdown)).toEqual([]);
  });
});

/** `a/b/c.ts` is below `a` and `a/b`. */
function foldersAbove(path: string): string[] {
  const folder = posix.dirname(path);
  return folder === '.' ? [] : [...foldersAbove(folder), folder];
}
