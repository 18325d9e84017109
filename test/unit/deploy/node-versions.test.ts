import { expect, test } from '@jest/globals';
import { read } from './compose-file.js';

const manifest = JSON.parse(read('package.json'));
const major = read('.nvmrc').trim();

test('the image, .nvmrc and the second run of the unit tests use the same major version of Node', () => {
  expect(major).toMatch(/^\d+$/);
  expect(read('Dockerfile')).toContain(`FROM node:${major}-`);
  expect(manifest.scripts[`test:node${major}`]).toContain(`--package=node@${major}.`);
});

test('the package still runs on Node 20.19', () => {
  expect(manifest.engines.node).toBe('>=20.19');
  expect(manifest.devDependencies['@types/node']).toMatch(/^20\./);
});

test('CI runs exactly the commands that the README gives for the tests', () => {
  const [, commands = ''] = /^## Test\n\n```sh\n([^`]+)\n```/m.exec(read('README.md')) ?? [];
  expect(commands).not.toBe('');
  expect(read('.ci/run').trimEnd().split('\n').at(-1)).toBe(commands);
});
