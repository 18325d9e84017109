import { posix } from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { importsOf } from './imports.js';
import { stateOf } from './shared-modules.js';
import { readText } from './tree.js';

const ENTRIES = ['src/workflows/index.ts', 'src/workflows/telemetry/log-subject.ts'];

/** The modules that the build loads once for all workflows, with the modules of ours that they load. */
function sharedModules(): string[] {
  const found = new Set(ENTRIES);
  for (const path of found) {
    for (const { target, typeOnly } of importsOf(readText(path))) {
      if (!typeOnly && target.startsWith('.')) {
        found.add(posix.join(posix.dirname(path), target).replace(/\.js$/, '.ts'));
      }
    }
  }
  return [...found];
}

const modules = sharedModules();

test('no module that all workflows share keeps anything from one workflow for another', () => {
  const state = modules.flatMap((path) => stateOf(readText(path)).map((what) => `${path}: ${what}`));
  expect(state).toEqual([]);
});

test('the shared modules are those that the build loads', () => {
  const build = readText('scripts/finish-build.mjs');
  for (const entry of ENTRIES) expect(build).toContain(entry.replace(/^src/, 'dist').replace(/ts$/, 'js'));
  expect(modules).toEqual(expect.arrayContaining(['src/workflows/process-order.ts', 'src/domain/tries.ts']));
});

describe('the rule', () => {
  test.each([
    ['let seen = 0;', ['seen']],
    ['export let seen = 0;', ['seen']],
    ['const seen = new Map<string, number>();', ['seen']],
    ['export const seen = new Set();', ['seen']],
    ['const seen: string[] = [];', ['seen']],
    ['const seen = { count: 0 };', ['seen']],
    ['export const seen = { of: new Map() };', ['seen']],
    ['const PATTERN = /a/g;', ['PATTERN']],
    ['const next = counter();', ['next']],
    ['class Seen { static count = 0; }', ['Seen']],
    ['register();', ['ExpressionStatement']],
  ])('finds the state in %s', (source, state) => {
    expect(stateOf(source)).toEqual(state);
  });

  test.each([
    ['const LONGEST_MS = 24 * 3_600_000;'],
    ['const STEPS = { a: "b" } as const satisfies Record<string, string>;'],
    ['const THROTTLING: readonly number[] = [429, 503];'],
    ['export const admitted: Admission = { kind: "admitted" };'],
    ['export const idOf = (orderId: string) => `order-${orderId}`;'],
    ['const { reserve } = proxyActivities<Activities>({ startToCloseTimeout: "1 minute" });'],
    ['export class Unavailable extends Error { constructor(what: string) { super(what); } }'],
    ['export function count() { let n = 0; return () => (n += 1); }'],
    ['import { a } from "./a.js"; export type B = string; export { a };'],
  ])('finds none in %s', (source) => {
    expect(stateOf(source)).toEqual([]);
  });
});
