import { posix } from 'node:path';
import { expect, test } from '@jest/globals';
import { filesBelow, readText } from './tree.js';

// Nothing compiles these, and most of them run too long for a test.
const SCRIPTS = ['bench', 'scripts'].flatMap((folder) => filesBelow(folder).filter((path) => path.endsWith('.mjs')));
const IMPORT = /^import \{([^}]*)\} from '(\.[^']*)';/gm;

const importsOf = (script: string) =>
  [...readText(script).matchAll(IMPORT)].map(([, names = '', target = '']) => ({
    names: names.split(',').flatMap((name) => name.trim().split(' as ')[0] || []),
    source: posix.join(posix.dirname(script), target).replace(/^dist\/(.*)\.js$/, 'src/$1.ts'),
  }));

test('what benchmarks and scripts import is exported where they say', () => {
  const missing = SCRIPTS.flatMap((script) =>
    importsOf(script).flatMap(({ names, source }) => {
      const text = readText(source);
      const isExported = (name: string) =>
        new RegExp(`^export (?:async )?(?:function\\*?|const|let|class) ${name}\\b`, 'm').test(text) ||
        new RegExp(`^export \\{[^}]*\\b${name}\\b[^}]*\\}`, 'm').test(text);
      return names.filter((name) => !isExported(name)).map((name) => `${script}: ${name} of ${source}`);
    }),
  );
  expect(missing).toEqual([]);
  expect(SCRIPTS.flatMap(importsOf).length).toBeGreaterThan(50);
});
