import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TEST_KEY } from '../support/test-key.js';
import { startStack, type Stack } from '../support/stack.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const page = readFileSync(join(root, 'docs/api.md'), 'utf8');

let stack: Stack;
let url: string;
let folder: string;

beforeAll(async () => {
  stack = await startStack();
  url = (await stack.serve('api,worker')).url;
  folder = mkdtempSync(join(tmpdir(), 'holdfast-snippets-'));
}, 60_000);

afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await stack.close();
});

describe('the snippets of docs/api.md', () => {
  test('in TypeScript compile against what the package exports, and place an order', async () => {
    const packages = {
      holdfast: root,
      hono: join(root, 'node_modules/hono'),
      '@types': join(root, 'node_modules/@types'),
    };
    mkdirSync(join(folder, 'node_modules'));
    for (const [name, at] of Object.entries(packages)) symlinkSync(at, join(folder, 'node_modules', name));
    writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
    writeFileSync(join(folder, 'order.ts'), snippet('ts'));
    const settings = ['--strict', '--module', 'nodenext', '--target', 'es2022', '--types', 'node', '--skipLibCheck'];
    const compiler = join(root, 'node_modules/typescript/bin/tsc');
    expect(await run(process.execPath, [compiler, ...settings, 'order.ts'])).toBe('');
    expect(await run(process.execPath, ['order.js'])).toBe('api-ts-1 confirmed 1999\n');
  });

  test('for curl place an order', async () => {
    expect(JSON.parse(await run('sh', ['-c', snippet('sh')]))).toMatchObject({ id: 'api-curl-1', status: 'confirmed' });
  });

  test('in Python place an order, and say what is wrong with another', async () => {
    const code = snippet('python');
    expect(await run('python3', ['-c', code])).toBe('api-py-1 confirmed 1999\n');
    const wrong = run('python3', ['-c', code.replace('"quantity": 1', '"quantity": 0')]);
    await expect(wrong).rejects.toThrow('validation-error: Some fields are missing or invalid; see errors.');
  });
});

/** The snippet in this language, for the server under test. */
function snippet(language: string): string {
  const [, code] = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'm').exec(page) ?? [];
  if (code === undefined) throw new Error(`docs/api.md has no snippet in ${language}`);
  return code.replaceAll('http://localhost:3000', url);
}

/** What a program prints; an error with all that it printed when it fails. */
async function run(program: string, args: readonly string[]): Promise<string> {
  const options = { cwd: folder, timeout: 60_000, env: { ...process.env, HOLDFAST_API_KEY: TEST_KEY.text } };
  return new Promise((resolve, reject) => {
    execFile(program, args, options, (error, stdout, stderr) => {
      if (error === null) resolve(stdout);
      else reject(new Error(`${program}: ${error.message}\n${stdout}${stderr}`));
    });
  });
}
