import { describe, expect, test } from '@jest/globals';
import { filesBelow, readText } from './tree.js';
import { oddPhrases, proseOfMarkdown, proseOfSource } from './wording.js';

const documents = filesBelow('').filter((path) => path.endsWith('.md'));
const sources = ['src', 'test', 'bench', 'scripts']
  .flatMap(filesBelow)
  .filter((path) => /\.(?:ts|mjs)$/.test(path) && path !== 'test/unit/architecture/wording.test.ts');
const found = (paths: readonly string[], proseOf: (text: string) => string[]) =>
  paths.flatMap((path) =>
    proseOf(readText(path)).flatMap((line) => oddPhrases(line).map((what) => `${path}: ${what} in: ${line.trim()}`)),
  );

describe('the wording', () => {
  test('of all documents is plain', () => {
    expect(found(documents, proseOfMarkdown)).toEqual([]);
    expect(documents).toEqual(expect.arrayContaining(['README.md', 'docs/architecture.md', 'docs/adr/README.md']));
  });

  test('of comments, messages and test names is plain', () => {
    expect(found(sources, proseOfSource)).toEqual([]);
  });
});

describe('the list of phrases', () => {
  test.each([
    'The limit is 50 unless told otherwise.',
    'It works also when a process dies.',
    'Who does not read is cut off.',
    '// Who is behind goes first.',
    'It retries for ever.',
    'while the store is away',
    'A gateway is spared.',
    'started anew',
    'One transaction a step.',
    'the catalogue',
    'a refund that nobody knows',
    'It is sent once, however often it is asked for.',
    'It finds out what became of the charge.',
    'for whoever reads it',
  ])('finds something in: %s', (line) => {
    expect(oddPhrases(line.replace('// ', ''))).toHaveLength(1);
  });

  test.each([
    'Who may call it?',
    'It looks away twice a second.',
    'It runs once a minute, at 20 orders a second.',
    'an order whose owner is gone',
    'Those who wait are answered.',
  ])('has nothing against: %s', (line) => {
    expect(oddPhrases(line)).toEqual([]);
  });

  test('looks at prose, not at code', () => {
    expect(proseOfMarkdown('# A `for ever`\n```\nanew\n```\n[x](catalogue.md) y').join('\n')).not.toMatch(
      /ever|anew|catalogue/,
    );
    expect(proseOfSource("const a = 'mended'; // why anew\n/** One\n * two */\nfail('it is away');")).toEqual([
      'why anew',
      'One',
      'two */',
      'it is away',
    ]);
  });
});
