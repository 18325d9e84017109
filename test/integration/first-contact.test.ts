import { execFile, type ExecFileOptions } from 'node:child_process';
import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { freePort } from '../support/holdfast-process.js';
import { runCommand } from '../support/run-command.js';

const PROGRAM = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const NOBODY = 1_234_567;
// What Node takes to load the program, on a machine that does other things too.
const STARTUP_MS = 2_500;
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'holdfast-first-'));
});
afterAll(() => rm(home, { recursive: true }));

test.each(['--version', '-V'])('"holdfast %s" says which one it is', async (option) => {
  const { version } = JSON.parse(await readFile('package.json', 'utf8')) as { version: string };
  expect(await runCommand([option], {})).toEqual({ code: 0, output: `${version}\n` });
});

test.each([[['frobnicate']], [['import']], [['serve', '--rolls', 'api']]])(
  '"holdfast %j" is answered with where the help is',
  async (command) => {
    const { code, output } = await runCommand(command, {});
    expect(code).toBe(1);
    expect(output).toMatch(/^error: .*[^]*See "holdfast --help"/);
  },
);

test.each([['seed'], ['import']])('"holdfast %s" says in words that a file is missing', async (command) => {
  const file = join(home, 'nope.json');
  const { code, output } = await runCommand([command, file], { HOLDFAST_HOME: home });
  expect([code, output]).toEqual([1, `✖ ${file} cannot be read: ENOENT: no such file or directory, open '${file}'\n`]);
});

test('"holdfast audit" without a server says within two seconds what to set', async () => {
  const port = `${await freePort()}`;
  const begun = Date.now();
  const { code, output } = await runCommand(['audit'], { HOLDFAST_HOME: home, TEMPORAL_PORT: port });
  expect(Date.now() - begun).toBeLessThan(2_000 + STARTUP_MS);
  expect(code).toBe(1);
  expect(output).toMatch(
    /^✖ Temporal at 127\.0\.0\.1:\d+ does not answer; start "holdfast up", or set DATABASE_URL, TEMPO/,
  );
});

test('the built program can be run by its path, as npx does', async () => {
  expect((await stat(PROGRAM)).mode & 0o111).toBe(0o111);
  const output = await new Promise<string>((resolve, reject) => {
    execFile(PROGRAM, ['--help'], (error, stdout) => (error === null ? resolve(stdout) : reject(error)));
  });
  expect(output).toContain('Usage: holdfast');
});

/** Answers as the system does for a user that it has no entry of. */
const NO_ENTRY = `
  import os from 'node:os';
  import { syncBuiltinESMExports } from 'node:module';
  const missing = () => { throw Object.assign(new Error('uv_os_get_passwd returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' }); };
  Object.assign(os, { userInfo: missing, homedir: missing });
  syncBuiltinESMExports();`;
const pretended: ExecFileOptions & { before: string[] } = {
  before: ['--import', `data:text/javascript,${encodeURIComponent(NO_ENTRY)}`],
};
const real: ExecFileOptions & { before: string[] } = { uid: NOBODY, gid: NOBODY, before: [] };

// Only root may become someone else.
test.each(process.getuid?.() === 0 ? [real, pretended] : [pretended])(
  'a user without a name and a home directory can run commands %#',
  async ({ before, ...who }) => {
    const output = await new Promise<string>((resolve) => {
      const options = { ...who, env: { PATH: process.env['PATH'] } };
      execFile(process.execPath, [...before, PROGRAM, 'config'], options, (_, stdout, stderr) =>
        resolve(String(stdout) + String(stderr)),
      );
    });
    expect(output).toMatch(/^ {2}HOLDFAST_CACHE +not set +default$/m);
  },
);
