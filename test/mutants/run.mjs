// Plants one bug at a time in a copy of the tree, builds it, runs the tests that are named for it, and expects them red.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { readMutants } from './patches.mjs';
import { createTree, Refusal } from './tree.mjs';

const USAGE = 'usage: npm run test:mutants -- [name of a patch, or a part of it]...';

const say = (line) => process.stdout.write(`${line}\n`);
const complain = (line) => process.stderr.write(`${line}\n`);

const { positionals: wanted } = parseArgs({ allowPositionals: true });
const all = await readMutants();
const mutants = all.filter(({ name }) => wanted.length === 0 || wanted.some((part) => name.includes(part)));
if (mutants.length === 0) {
  complain(`${USAGE}\nnone of ${all.map(({ name }) => name).join(', ')} is meant by ${wanted.join(', ')}`);
  process.exit(2);
}

const directory = await mkdtemp(join(tmpdir(), 'holdfast-mutants-'));
const ending = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => ending.abort());
const rows = [];
try {
  const tree = await createTree(directory, ending.signal);
  const outdated = [];
  for (const { path, name } of mutants) if (!(await tree.takes(path))) outdated.push(name);
  if (outdated.length > 0) throw new Refusal(`these patches no longer apply, make them again: ${outdated.join(', ')}`);
  await tree.build();
  // A test that is red without the bug shows nothing.
  for (const { tests } of mutants) await tree.expectGreen(tests);
  for (const mutant of mutants) {
    if (ending.signal.aborted) throw new Refusal('stopped');
    const started = performance.now();
    const verdict = await judge(tree, mutant);
    const seconds = Math.round((performance.now() - started) / 1_000);
    rows.push({ ...mutant, ...verdict, seconds });
    complain(`${mutant.name}: ${verdict.result} (${seconds} s)`);
  }
} catch (error) {
  if (!(error instanceof Refusal)) throw error;
  complain(error.message);
  process.exitCode = 2;
} finally {
  await rm(directory, { recursive: true, force: true });
}

printTable(rows);
const [survivors, broken] = ['survived', 'broken'].map((result) => rows.filter((row) => row.result === result));
say(
  `\n${rows.length} of ${mutants.length} planted, ${rows.length - survivors.length - broken.length} caught, ` +
    `${survivors.length} survived, ${broken.length} could not be planted.`,
);
for (const { name, why } of broken) complain(`\n${name}: ${why}`);
process.exitCode ??= broken.length > 0 ? 2 : survivors.length > 0 ? 1 : 0;

async function judge(tree, { path, tests }) {
  try {
    return await tree.withPatch(path, async () => {
      const red = await tree.redTests(tests);
      return red.length === 0 ? { result: 'survived', red } : { result: 'caught', red };
    });
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return { result: 'broken', red: [], why: error.message };
  }
}

function printTable(table) {
  say('| bug | result | s | red test |\n|---|---|---|---|');
  for (const { title, result, seconds, red } of table) {
    say(
      `| ${title} | ${result} | ${seconds} | ${red[0] ?? ''}${red.length > 1 ? ` and ${red.length - 1} more` : ''} |`,
    );
  }
}
