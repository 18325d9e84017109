import { existsSync } from 'node:fs';
import { posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { missingPlaces } from '../architecture/documents.js';
import { filesBelow, readText, root } from '../architecture/tree.js';
import { placeOf, readAssessment } from './assessment.js';

const PAGE = 'docs/security.md';
const VERDICTS = ['met', 'not applicable', 'open'];
/** How many requirements of levels 1 and 2 the chapters of ASVS 5.0.0 have. */
const REQUIREMENTS = { V1: 27, V2: 11, V4: 10, V8: 7, V9: 7, V11: 14, V12: 9, V13: 13, V14: 9, V15: 13, V16: 16 };

const markdown = readText(PAGE);
const exists = (path: string) => existsSync(`${root}${path}`);
const { requirements, summary, advised } = readAssessment(markdown);
const open = requirements.filter(({ verdict }) => verdict === 'open').map(({ number }) => number);
const sources = filesBelow('src').map((path) => ({ path, text: readText(path) }));
const having = (pattern: RegExp) => sources.filter(({ text }) => pattern.test(text)).map(({ path }) => path);

describe('the page about security', () => {
  test('has every requirement of its chapters, each once and in order', () => {
    const found = Object.keys(REQUIREMENTS).map((name) => [
      name,
      requirements.filter(({ chapter }) => chapter === name).length,
    ]);
    expect(Object.fromEntries(found)).toEqual(REQUIREMENTS);
    const numbers = requirements.map(({ number }) => number);
    expect(new Set(numbers).size).toBe(numbers.length);
    expect(numbers.filter((number) => !/^\d+\.\d+\.\d+$/.test(number))).toEqual([]);
    expect(requirements.toSorted((a, b) => placeOf(a) - placeOf(b))).toEqual(requirements);
    expect(requirements.filter(({ chapter, number }) => !number.startsWith(`${chapter.slice(1)}.`))).toEqual([]);
  });

  test('gives each its level, one of three verdicts, and a reason', () => {
    expect(requirements.filter(({ level }) => !['1', '2'].includes(level))).toEqual([]);
    expect(requirements.filter(({ verdict }) => !VERDICTS.includes(verdict))).toEqual([]);
    expect(requirements.filter(({ gist, reason }) => gist === '' || reason === '')).toEqual([]);
  });

  test('counts in its summary what is in its tables', () => {
    const counts = (name: string) =>
      VERDICTS.map((one) => {
        return requirements.filter(({ chapter, verdict }) => [chapter, 'all'].includes(name) && verdict === one).length;
      });
    const all = VERDICTS.map((one) => requirements.filter(({ verdict }) => verdict === one).length);
    expect([...summary]).toEqual([...Object.keys(REQUIREMENTS).map((name) => [name, counts(name)]), ['all', all]]);
  });

  test('says of what is open, and of nothing else, what to do meanwhile', () => {
    expect(open.length).toBeGreaterThan(0);
    expect(advised.toSorted()).toEqual(open.toSorted());
  });

  test('names a file, a page or a part of this page for whatever is met', () => {
    const bare = requirements.filter(({ verdict, reason }) => verdict === 'met' && !/`[\w./-]+`|\]\(/.test(reason));
    expect(bare.map(({ number }) => number)).toEqual([]);
  });

  test('names no file that does not exist', () => {
    const folders = [...new Set(filesBelow('').map((path) => posix.dirname(path)))];
    expect(missingPlaces(markdown, { folders, exists })).toEqual([]);
    const named = [
      ...markdown.matchAll(/`(\.?[\w-]+(?:\/[\w.-]+)*\.(?:ts|md|ya?ml|json|sql|mjs)|\.dockerignore|Dockerfile)`/g),
    ];
    expect(named.length).toBeGreaterThan(100);
    expect(named.map(([, path = '']) => path).filter((path) => !exists(path))).toEqual([]);
  });

  test('is where its readers are sent', () => {
    expect(readText('README.md')).toContain('(docs/security.md)');
    expect(readText('SECURITY.md')).toContain('(docs/security.md)');
    expect(markdown).toContain('(../SECURITY.md)');
  });
});

describe('what the page says of all sources', () => {
  test('no query is put together from raw text', () => {
    expect(having(/\bsql\.(?:raw|lit|literal)\b/)).toEqual([]);
  });

  test('there is no hash but SHA-256', () => {
    const hashes = sources.flatMap(({ text }) => [...text.matchAll(/\bcreateH(?:ash|mac)\(\s*([^),]+)/g)]);
    expect(hashes.length).toBeGreaterThan(5);
    expect(new Set(hashes.map(([, name]) => name))).toEqual(new Set(["'sha256'"]));
  });

  test('nothing takes a certificate unseen', () => {
    expect(
      having(/rejectUnauthorized|NODE_TLS_REJECT_UNAUTHORIZED|checkServerIdentity|secureProtocol|minVersion/),
    ).toEqual([]);
  });

  test('no header is believed that a proxy would set', () => {
    expect(having(/['"`](?:x-)?(?:forwarded|real-ip|client-ip|original-url)[\w-]*['"`]/i)).toEqual([]);
  });

  test('every package is pinned with its hash', () => {
    const { packages } = JSON.parse(readText('package-lock.json')) as {
      packages: Record<string, { integrity?: string; version?: string }>;
    };
    const others = Object.entries(packages).filter(([path]) => path !== '');
    expect(others.length).toBeGreaterThan(100);
    const loose = others.filter(([, { integrity, version }]) => {
      return version === undefined || integrity?.startsWith('sha512-') !== true;
    });
    expect(loose.map(([path]) => path)).toEqual([]);
  });
});
