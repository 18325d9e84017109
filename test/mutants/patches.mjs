import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));

/**
 * Every `*.patch` of this folder. Before its diff it says what the bug is, and which tests must see it, one line for each
 * run of jest:
 *
 *     Bug: a capture in another currency confirms the order
 *     Test: integration test/integration/postgres/capture-guards -t in another currency
 */
export async function readMutants() {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.patch')).toSorted();
  return Promise.all(
    files.map(async (file) => {
      const path = `${FOLDER}${file}`;
      return { name: file.replace(/\.patch$/, ''), path, ...headerOf(file, await readFile(path, 'utf8')) };
    }),
  );
}

export function headerOf(file, text) {
  const [header = ''] = text.split(/^diff --git /m, 1);
  const valuesOf = (key) => [...header.matchAll(new RegExp(`^${key}: (.+)$`, 'gm'))].map(([, value]) => value.trim());
  const [title] = valuesOf('Bug');
  const tests = valuesOf('Test').map((line) => {
    const [, project, path, name] = /^(\S+) (\S+)(?: -t (.+))?$/.exec(line) ?? [];
    if (path === undefined) throw new Error(`${file}: "Test: ${line}" is not a project, a file and a name`);
    return { project, file: path, ...(name === undefined ? {} : { name }) };
  });
  if (title === undefined || tests.length === 0) throw new Error(`${file} must say its bug and name a test`);
  return { title, tests };
}
