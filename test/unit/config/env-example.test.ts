import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readConfig, SETTINGS } from '../../../src/config.js';
import type { Setting } from '../../../src/config/settings.js';

const script = '../../../scripts/configuration-page.mjs';
const { configurationPage, environmentExample } = (await import(script)) as {
  configurationPage(settings: readonly Setting[]): string;
  environmentExample(settings: readonly Setting[]): string;
};
const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url), 'utf8');
const example = read('.env.example').split('\n');
const assignments = example.flatMap((text, index) => {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(text) ?? [];
  return name === undefined || value === undefined ? [] : [{ name, value, above: example[index - 1] ?? '' }];
});

describe('the page about the configuration', () => {
  test('is what "npm run docs" writes', () => {
    expect(read('docs/configuration.md')).toBe(configurationPage(SETTINGS));
  });

  test('has one row for each variable', () => {
    const rows = [...read('docs/configuration.md').matchAll(/^\| `([A-Z\d_]+)` \|(?: [^|]*\|){4}$/gm)];
    expect(rows.map(([, name]) => name)).toEqual(SETTINGS.map(({ name }) => name));
  });
});

describe('the example of an environment', () => {
  test('is what "npm run docs" writes', () => {
    expect(read('.env.example')).toBe(environmentExample(SETTINGS));
  });

  test('names exactly the variables that are read, each once', () => {
    expect(assignments.map(({ name }) => name).sort()).toEqual(SETTINGS.map(({ name }) => name).sort());
  });

  test('explains each variable in the one line above it', () => {
    const unexplained = assignments.filter(({ above }) => !/^# \S.{10,}/.test(above));
    expect(unexplained.map(({ name }) => name)).toEqual([]);
  });

  test('changes nothing if it is copied unchanged', () => {
    const environment = Object.fromEntries(assignments.map(({ name, value }) => [name, value]));
    expect(readConfig(environment)).toEqual(readConfig({}));
  });

  test('has no line that is neither a comment, an assignment nor empty', () => {
    expect(example.filter((text) => !/^(#.*|[A-Z][A-Z0-9_]*=.*|)$/.test(text))).toEqual([]);
  });
});
