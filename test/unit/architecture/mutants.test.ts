import { execFileSync } from 'node:child_process';
import { expect, test } from '@jest/globals';
import { headerOf } from '../../mutants/patches.mjs';
import { filesBelow, readText } from './tree.js';

const patches = filesBelow('test/mutants').filter((path) => path.endsWith('.patch'));

test('each planted bug says what it is, and names tests that exist', () => {
  const tests = new Set(filesBelow('test').filter((path) => path.endsWith('.test.ts')));
  const missing = patches.flatMap((path) =>
    headerOf(path, readText(path))
      .tests.filter(({ file }) => !tests.has(`${file}.test.ts`))
      .map(({ file }) => `${path}: ${file}`),
  );
  expect(missing).toEqual([]);
  expect(patches.length).toBeGreaterThan(30);
});

test('each planted bug can be planted in this tree', () => {
  const plant = (path: string): string[] => {
    try {
      execFileSync('git', ['apply', '--check', path], { stdio: 'pipe' });
      return [];
    } catch (error) {
      return [`${path}: ${String(error)}`];
    }
  };
  expect(patches.flatMap(plant)).toEqual([]);
});

test('a bug without a title, without a test, or with a test that cannot be read is refused', () => {
  const bug = 'Bug: it forgets\n';
  expect(headerOf('one', `${bug}Test: unit test/unit/a -t is so\n\ndiff --git a/x b/x\nTest: none`)).toEqual({
    title: 'it forgets',
    tests: [{ project: 'unit', file: 'test/unit/a', name: 'is so' }],
  });
  for (const header of [bug, 'Test: unit test/unit/a\n', `${bug}Test: unit\n`]) {
    expect(() => headerOf('one', header)).toThrow('one');
  }
});
