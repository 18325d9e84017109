import { describe, expect, test } from '@jest/globals';
import { arrowsOf, circlesAmong } from './circles.js';
import { IMPORT_TABLE, ROOTS } from './import-table.js';
import { importsOf, violations } from './imports.js';
import { filesBelow, readText } from './tree.js';

const check = (file: string, source: string) => violations(file, source, IMPORT_TABLE);

describe('the imports of src', () => {
  const sources = filesBelow('src').filter((path) => /\.[cm]?[jt]sx?$/.test(path));
  const files = sources.map((path) => path.replace(/^src\//, ''));
  const ruled = files.filter(
    (file) => !ROOTS.some((place) => file === place || (place.endsWith('/') && file.startsWith(place))),
  );

  test('are as the table allows', () => {
    expect(ruled.flatMap((file) => check(file, readText(`src/${file}`)))).toEqual([]);
  });

  test('form no circle, neither of files nor of the rooms of a folder', () => {
    const arrows = arrowsOf(new Map(files.map((file) => [file, readText(`src/${file}`)])));
    expect(arrows.length).toBeGreaterThan(files.length);
    expect(circlesAmong(arrows)).toEqual([]);
  });

  test("reach Temporal's client from src/temporal only, roots included", () => {
    const strangers = files.filter((file) => !file.startsWith('temporal/'));
    const speaking = strangers.filter((file) =>
      importsOf(readText(`src/${file}`)).some(({ target }) => /^@temporalio\/client(?:\/|$)/.test(target)),
    );
    expect(speaking).toEqual([]);
  });

  test('lead to files of different names: the sandbox, a program of its own, aside', () => {
    const names = files.filter((file) => !file.startsWith('sandbox/')).map((file) => file.replace(/.*\//, ''));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  test('were found: each part of the table has files, and they import something', () => {
    const parts = IMPORT_TABLE.map(({ from }) => from);
    expect(parts.filter((from) => !ruled.some((file) => file.startsWith(from)))).toEqual([]);
    expect(ruled.flatMap((file) => importsOf(readText(`src/${file}`))).length).toBeGreaterThan(ruled.length);
  });
});

describe('the reader of imports', () => {
  test.each([
    ["import { a } from './a.js';", './a.js', false],
    ["import a from './a.js';", './a.js', false],
    ["import * as a from './a.js';", './a.js', false],
    ["import a, { b } from './a.js';", './a.js', false],
    ["import type { A } from './a.js';", './a.js', true],
    ["import type A from './a.js';", './a.js', true],
    ["import type * as A from './a.js';", './a.js', true],
    ["import type from './a.js';", './a.js', false],
    ["import { type A } from './a.js';", './a.js', false],
    ["import './a.js';", './a.js', false],
    ["import {\n  a,\n  type B,\n} from './a.js';", './a.js', false],
    ["import type {\n  A,\n} from './a.js';", './a.js', true],
    ["export { a } from './a.js';", './a.js', false],
    ["export * from './a.js';", './a.js', false],
    ["export * as a from './a.js';", './a.js', false],
    ["export type { A } from './a.js';", './a.js', true],
    ["export type * from './a.js';", './a.js', true],
    ['import { a } from "./a.js"', './a.js', false],
    ["import{a}from'./a.js'", './a.js', false],
    ["import data from './a.json' with { type: 'json' };", './a.json', false],
    ["const a = await import('./a.js');", './a.js', false],
    ["const a = await import(\n  './a.js'\n);", './a.js', false],
    ['const a = await import(`./a.js`);', './a.js', false],
    ["const a = require('./a.js');", './a.js', false],
    ['const a = await import(name);', '<computed>', false],
    // oxlint-disable-next-line no-template-curly-in-string
    ['const a = await import(`./${name}.js`);', '<computed>', false],
    ["const a = await import('./' + name);", '<computed>', false],
  ])('reads %j', (source, target, typeOnly) => {
    expect(importsOf(source)).toEqual([{ target, typeOnly }]);
  });

  test.each([
    "// import { a } from './a.js';",
    " * import { a } from './a.js';",
    " * See {@link import('./a.js')}.",
    "const text = 'see ./a.js';",
    "const url = new URL('./a.js', import.meta.url);",
    "export const a = 'b';",
    "export type A = 'a' | 'b';",
    "export interface A {\n  kind: 'a';\n}",
    "export default 'a';",
    "export function from(a = './a.js') {}",
    "const imported = reimport('./a.js');",
  ])('sees none in %j', (source) => {
    expect(importsOf(source)).toEqual([]);
  });

  test('reads every import of a file, in one line or in many', () => {
    const source = "import { a } from 'a';\nimport type {\n  B,\n} from 'b';\nimport 'c';\nexport * from 'd';\n";
    expect(importsOf(source).map(({ target }) => target)).toEqual(['a', 'b', 'c', 'd']);
  });
});

describe('the finder of circles', () => {
  test.each([
    [
      'two files',
      [
        ['a/x.ts', 'a/y.ts'],
        ['a/y.ts', 'a/x.ts'],
      ],
      2,
    ],
    [
      'three files',
      [
        ['a/x.ts', 'a/y.ts'],
        ['a/y.ts', 'a/z.ts'],
        ['a/z.ts', 'a/x.ts'],
      ],
      3,
    ],
    [
      'two shelves without a circle of files',
      [
        ['a/b/x.ts', 'a/c/x.ts'],
        ['a/c/y.ts', 'a/b/y.ts'],
      ],
      2,
    ],
    [
      'a shelf and a file above it',
      [
        ['a/x.ts', 'a/b/x.ts'],
        ['a/b/y.ts', 'a/x.ts'],
      ],
      2,
    ],
    [
      'two folders of src',
      [
        ['a/x.ts', 'b/x.ts'],
        ['b/y.ts', 'a/y.ts'],
      ],
      2,
    ],
    [
      'none, though many ways lead to one file',
      [
        ['a/x.ts', 'a/z.ts'],
        ['a/y.ts', 'a/z.ts'],
        ['a/x.ts', 'a/y.ts'],
      ],
      0,
    ],
    [
      'none, when a shelf imports one file and is imported by another',
      [
        ['a/x.ts', 'a/b/x.ts'],
        ['a/b/x.ts', 'a/y.ts'],
      ],
      0,
    ],
  ] as const)('sees %s', (_, arrows, found) => {
    expect(circlesAmong(arrows)).toHaveLength(found);
  });
});

describe('the checker of imports', () => {
  test.each([
    ['domain/order.ts', "import { z } from 'zod';"],
    ['domain/order.ts', "import { createHash } from 'node:crypto';"],
    ['domain/order.ts', "import type { Hash } from 'node:crypto';"],
    ['domain/order.ts', "import { join } from 'path';"],
    ['domain/order.ts', "import { up } from '../commands/up.js';"],
    ['workflows/steps.ts', "import { createPaymentActivities } from '../activities/payments.js';"],
    ['workflows/steps.ts', "import { type PaymentActivities } from '../activities/payments.js';"],
    ['workflows/steps.ts', "import { Client } from '@temporalio/client';"],
    ['workflows/steps.ts', "import type { Config } from '../config.js';"],
    ['workflows/deep/steps.ts', "import { setTimeout } from 'node:timers/promises';"],
    ['activities/orders.ts', "import type { OrderSteps } from '../workflows/steps.js';"],
    ['activities/orders.ts', "import { createPool } from '../adapters/postgres/pool.js';"],
    ['adapters/postgres/orders.ts', "import { gatewayFailure } from '../../activities/payments.js';"],
    ['adapters/postgres/orders.ts', "import { readConfig } from '../../config.js';"],
    ['adapters/postgres/orders.ts', "import { TASK_QUEUE } from '../../workflows/contract.js';"],
    ['adapters/postgres/orders.ts', "import { Hono } from 'hono';"],
    ['api/orders.ts', "import { createOrderReader } from '../adapters/postgres/order-reader.js';"],
    ['api/orders.ts', "import { TASK_QUEUE } from '../workflows/contract.js';"],
    ['api/orders.ts', "import { Client } from '@temporalio/client';"],
    ['api/orders.ts', "import { processOrder } from '../workflows/process-order.js';"],
    ['api/orders.ts', "import type { OrderSteps } from '../workflows/steps.js';"],
    ['api/orders.ts', "import { gatewayFailure } from '../activities/payments.js';"],
    ['api/orders.ts', "import type { Config } from '../config.js';"],
    ['api/orders.ts', "import { readFile } from 'node:fs/promises';"],
    ['api/orders.ts', 'const driver = await import(name);'],
    ['sandbox/app.ts', "import { isCurrency } from '../domain/money.js';"],
    ['sandbox/app.ts', "import type { ChargeRequest } from '../activities/payments.js';"],
    ['embedded/postgres.ts', "import { readConfig } from '../config.js';"],
    ['embedded/postgres.ts', "export * from '../domain/order.js';"],
    ['config.ts', "import { DEFAULT_POLICY } from './domain/policy.js';"],
  ])('refuses in %s: %s', (file, source) => {
    const target = /['"](.*)['"]/.exec(source)?.[1] ?? '<computed>';
    const kind = source.startsWith('import type') ? 'import type' : 'import';
    expect(check(file, source)).toEqual([`${file}: ${kind} ${target}`]);
  });

  test.each([
    ['domain/order.ts', "import type { Failure } from './failure.js';"],
    ['workflows/steps.ts', "import type { PaymentActivities } from '../activities/payments.js';"],
    ['workflows/steps.ts', "import { sleep } from '@temporalio/workflow';"],
    ['adapters/postgres/order-reader.ts', "import { jsonArrayFrom } from 'kysely/helpers/postgres';"],
    ['adapters/postgres/orders.ts', "import type { OrderStore } from '../../activities/orders.js';"],
    ['temporal/checkouts.ts', "import { TASK_QUEUE } from '../workflows/contract.js';"],
    ['temporal/checkouts.ts', "import type { Client } from '@temporalio/client';"],
    ['api/fingerprint.ts', "import { createHash } from 'node:crypto';"],
    ['embedded/postgres.ts', "import type { Config } from '../config.js';"],
  ])('allows in %s: %s', (file, source) => {
    expect(check(file, source)).toEqual([]);
  });

  test('refuses a file that belongs to no part', () => {
    expect(check('helpers/text.ts', '')).toHaveLength(1);
    expect(check('configs.ts', '')).toHaveLength(1);
  });
});
