import { spawn } from 'node:child_process';
import { cp, readFile, rm, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const COPIED = ['src', 'test', 'docs', 'scripts', 'bench', 'package.json', 'jest.config.js', 'tsconfig.json'];
const JEST = [
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  '--maxWorkers=1',
  // What a bug leaves open must not hold up the next one.
  '--forceExit',
];

/** Something that keeps a bug from being planted or looked for: it says nothing about the tests. */
export class Refusal extends Error {}

/** A copy of the tree in which bugs can be planted. */
export async function createTree(directory, signal) {
  for (const path of COPIED) await cp(join(ROOT, path), join(directory, path), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(directory, 'node_modules'));
  const green = new Set();
  const build = async () => {
    const { code, output } = await run('npm', ['run', '--silent', 'build']);
    if (code !== 0) throw new Refusal(`it does not build:\n${output}`);
  };

  return {
    build,

    /** Fails unless these tests pass in the tree as it is. */
    async expectGreen(tests) {
      for (const test of tests) {
        const id = JSON.stringify(test);
        if (green.has(id)) continue;
        const red = await redTestsOf(test);
        if (red.length > 0) throw new Refusal(`red without any bug: ${red.join(', ')}`);
        green.add(id);
      }
    },

    /** Whether the patch still fits. */
    takes: async (path) => (await run('git', ['apply', '--check', '-p1', path])).code === 0,

    /** Does this with the patch in the tree, built, and takes it out again. */
    async withPatch(path, work) {
      const { code, output } = await run('git', ['apply', '-p1', path]);
      if (code !== 0) throw new Refusal(output);
      try {
        await build();
        return await work();
      } finally {
        await run('git', ['apply', '-R', '-p1', path]);
      }
    },

    /** The names of those of these tests that fail. */
    async redTests(tests) {
      const red = [];
      for (const test of tests) red.push(...(await redTestsOf(test)));
      return red;
    },
  };

  async function redTestsOf({ project, file, name }) {
    const report = join(directory, 'jest.json');
    await rm(report, { force: true });
    const filter = name === undefined ? [] : ['-t', name];
    const reporting = ['--json', `--outputFile=${report}`, '--reporters=default'];
    const { output } = await run('node', [
      ...JEST,
      ...reporting,
      '--selectProjects',
      project,
      '--runTestsByPath',
      `${file}.test.ts`,
      ...filter,
    ]);
    const result = await readFile(report, 'utf8').then(JSON.parse, () => undefined);
    const ran = result?.testResults.flatMap(({ assertionResults }) => assertionResults) ?? [];
    const done = ran.filter(({ status }) => status === 'passed' || status === 'failed');
    if (done.length === 0 || result.numRuntimeErrorTestSuites > 0) {
      throw new Refusal(`${file}${name === undefined ? '' : ` -t "${name}"`} could not be run:\n${output}`);
    }
    return done.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName);
  }

  function run(command, argv) {
    return new Promise((resolve, reject) => {
      const child = spawn(command, argv, { cwd: directory, stdio: ['ignore', 'pipe', 'pipe'], signal });
      let output = '';
      const keep = (chunk) => (output = `${output}${chunk}`.slice(-8_000));
      child.stdout.on('data', keep);
      child.stderr.on('data', keep);
      child.on('error', (error) => (signal.aborted ? resolve({ code: 1, output }) : reject(error)));
      child.on('close', (code) => resolve({ code, output }));
    });
  }
}
