import { readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { readConfig } from '../../../src/config.js';
import { DEFAULTS, NAMES } from './defaults.js';

const example = readFileSync(new URL('../../../.env.example', import.meta.url), 'utf8').split('\n');
const assignments = example.flatMap((text, index) => {
  const [, name, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(text) ?? [];
  return name === undefined || value === undefined ? [] : [{ name, value, above: example[index - 1] ?? '' }];
});

describe('the example of an environment', () => {
  test('names exactly the variables that are read, each once', () => {
    expect(assignments.map(({ name }) => name).sort()).toEqual([...NAMES].sort());
  });

  test.each(NAMES)('gives %s its default, or leaves it empty where the default is not a fixed value', (name) => {
    const value = assignments.find((assignment) => assignment.name === name)?.value;
    const open = DEFAULTS[name] === undefined || name === 'HOLDFAST_CACHE';
    expect(value).toBe(open ? '' : String(DEFAULTS[name]));
  });

  test('explains each variable in the one line above it', () => {
    const unexplained = assignments.filter(({ above }) => !/^# \S.{10,}/.test(above));
    expect(unexplained.map(({ name }) => name)).toEqual([]);
  });

  test('changes nothing for who copies it as it is', () => {
    const environment = Object.fromEntries(assignments.map(({ name, value }) => [name, value]));
    expect(readConfig(environment)).toEqual(readConfig({}));
  });

  test('has no line that is neither a comment, an assignment nor empty', () => {
    expect(example.filter((text) => !/^(#.*|[A-Z][A-Z0-9_]*=.*|)$/.test(text))).toEqual([]);
  });
});
