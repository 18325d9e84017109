import { readFileSync } from 'node:fs';
import { expect, test } from '@jest/globals';
import { STATE_RULES, STATE_TABLES } from '../../../src/domain/state-docs.js';

const page = readFileSync(new URL('../../../docs/states.md', import.meta.url), 'utf8');

test('docs/states.md shows the tables as the code has them; if not, run "npm run docs"', async () => {
  const script = '../../../scripts/states-page.mjs';
  const { statesPage }: { statesPage: (tables: typeof STATE_TABLES, rules: typeof STATE_RULES) => string } =
    await import(script);
  expect(page).toBe(statesPage(STATE_TABLES, STATE_RULES));
});

test('every state that can be reached is in its table', () => {
  for (const table of Object.values(STATE_TABLES)) {
    expect(Object.keys(table)).toEqual(expect.arrayContaining(Object.values(table).flat()));
  }
});
