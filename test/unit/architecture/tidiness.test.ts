import { describe, expect, test } from '@jest/globals';
import { environmentReads, impurities, median, vagueWords } from './tidiness.js';
import { filesBelow, lineCount, readText } from './tree.js';

const LONGEST = 300;
const USUAL = 90;

const written = ['src', 'test', 'bench', 'scripts'].flatMap(filesBelow).filter((path) => !path.endsWith('.json'));
const sources = written.filter((path) => /^src\/.*\.tsx?$/.test(path));
const found = (paths: readonly string[], look: (path: string) => string[]) =>
  paths.flatMap((path) => look(path).map((what) => `${path}: ${what}`));

describe('the files', () => {
  test(`have ${LONGEST} lines at most`, () => {
    const long = (path: string) =>
      [lineCount(readText(path))].filter((lines) => lines > LONGEST).map((lines) => `${lines} lines`);
    expect(found(written, long)).toEqual([]);
  });

  test(`of src have ${USUAL} lines at the median, or fewer`, () => {
    expect(median(sources.map((path) => lineCount(readText(path))))).toBeLessThanOrEqual(USUAL);
  });

  test('are named for what they hold', () => {
    const all = [...written, ...filesBelow('deploy'), ...filesBelow('docs')];
    expect(found(all, vagueWords)).toEqual([]);
  });

  test('of each folder of src have one that begins with what lives there and what never: five lines at most', () => {
    const headOf = (path: string) => /^(?:\/\/ .*\n)*/.exec(readText(path))?.[0] ?? '';
    const headless = [...new Set(sources.map((path) => path.replace(/[^/]*$/, '')))].filter((folder) => {
      const heads = sources.filter((path) => path.replace(/[^/]*$/, '') === folder).map(headOf);
      return folder !== 'src/' && !heads.some((head) => head !== '' && lineCount(head) <= 5);
    });
    expect(headless).toEqual([]);
  });

  test('were found', () => {
    expect(sources.length).toBeGreaterThan(50);
    expect(written).toEqual(expect.arrayContaining(['src/main.ts', 'test/unit/architecture/tidiness.test.ts']));
  });
});

describe('the environment', () => {
  test('is read by config.ts alone', () => {
    const others = sources.filter((path) => path !== 'src/config.ts');
    // The sandbox is a program of its own: its main file hands the environment to what reads its options.
    const handsOn = (path: string) => path.startsWith('src/embedded/') || path === 'src/sandbox/main.ts';
    const reads = (path: string) => environmentReads(readText(path), { passThrough: handsOn(path) });
    expect(found(others, reads)).toEqual([]);
  });

  test('is read by config.ts indeed, so the rule would see another reader', () => {
    expect(environmentReads(readText('src/config.ts'))).toHaveLength(1);
  });
});

test('the domain knows no clock, no chance and no machine', () => {
  const domain = sources.filter((path) => path.startsWith('src/domain/'));
  expect(domain.length).toBeGreaterThan(5);
  expect(found(domain, (path) => impurities(readText(path)))).toEqual([]);
});

describe('the rules themselves', () => {
  test.each([
    ['src/commands/service.ts', ['service']],
    ['src/api/order-service.ts', ['service']],
    ['src/utils/text.ts', ['utils']],
    ['test/support/helpers.test.ts', ['helpers']],
    ['src/common/index.ts', ['common']],
    ['src/Manager.ts', ['Manager']],
    ['src/commands/serve/roles.ts', []],
    ['src/domain/uncommon.ts', []],
    ['src/servicing.ts', []],
  ])('find in %s the vague words %j', (path, words) => {
    expect(vagueWords(path)).toEqual(words);
  });

  test.each([
    'const port = process.env.PORT;',
    "const port = process.env['PORT'];",
    "const port = process['env'].PORT;",
    'const port = process?.env.PORT;',
    'const { PORT } = process.env;',
    'const { env } = process;',
    "import { env } from 'node:process';",
    "import process from 'process';",
    'start({ ...process.env, A: 1 });',
  ])('find the read in %s', (line) => {
    expect(environmentReads(line)).toEqual([line]);
  });

  test.each(['const port = process.env.PORT;', "process.env['PORT']", 'const { PORT } = process.env;'])(
    'take %s for a read even where passing through is allowed',
    (line) => {
      expect(environmentReads(line, { passThrough: true })).toEqual([line]);
    },
  );

  test.each(['return process.env;', 'start({ ...process.env, PATH: path });'])(
    'take %s for no read where passing through is allowed',
    (line) => {
      expect(environmentReads(line, { passThrough: true })).toEqual([]);
    },
  );

  test.each(['// process.env is read elsewhere', ' * Reads process.env.', 'const environment = config.env;'])(
    'find no read in %s',
    (line) => {
      expect(environmentReads(line)).toEqual([]);
    },
  );

  test.each(['const now = Date.now();', 'const now = new Date();', 'const id = Math.random();', 'process.exit();'])(
    'find what is not pure in %s',
    (line) => {
      expect(impurities(line)).toEqual([line]);
    },
  );

  test('find nothing impure in a date that was given', () => {
    expect(impurities('const at = new Date(acceptedAt);\n// Date.now() is for others')).toEqual([]);
  });

  test('count the line that no line break ends, and not the break that ends the last line', () => {
    expect(['', 'a', 'a\n', 'a\nb', 'a\n\n'].map(lineCount)).toEqual([1, 1, 1, 2, 2]);
  });

  test.each([
    [[1, 2, 9], 2],
    [[9, 1], 5],
    [[4, 1, 2, 9], 3],
  ])('take of %j the median %d', (numbers, middle) => {
    expect(median(numbers)).toBe(middle);
  });
});
