import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from '@jest/globals';

const BENCH = fileURLToPath(new URL('../../bench/bench.mjs', import.meta.url));

interface Results {
  results: { level: { name: string }; rounds: { name: string; figures: Record<string, number>[] }[] }[];
}

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'holdfast-bench-test-'));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

test('the bench places orders on what npm start starts and on a plain program, audits their databases, and writes what it measured', async () => {
  const { stdout } = await promisify(execFile)(process.execPath, [BENCH, '--smoke', '--out', directory]);
  expect(stdout).toMatch(/^✔ The books are right: \d+ of Holdfast, \d+ of floor/m);
  expect(stdout).toMatch(/^\| +300 a minute \| Holdfast : floor/m);

  const { results } = JSON.parse(await readFile(join(directory, 'results.json'), 'utf8')) as Results;
  expect(results.map(({ level }) => level.name)).toEqual(['2 clients', '300 a minute']);
  for (const { name, figures } of results.flatMap(({ rounds }) => rounds)) {
    expect({ name, unknown: Object.entries(figures[0] ?? {}).filter(([, value]) => !(value >= 0)) }).toEqual({
      name,
      unknown: [],
    });
  }
  expect(await readFile(join(directory, 'results.svg'), 'utf8')).toMatch(/^<svg [\s\S]*Holdfast[\s\S]*<\/svg>$/m);
}, 600_000);
