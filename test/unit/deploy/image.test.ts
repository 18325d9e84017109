import { existsSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { read, root } from './compose-file.js';

const dockerfile = read('Dockerfile')
  .replaceAll(/^#.*\n/gm, '')
  .replaceAll('\\\n', ' ');
const instructions = [...dockerfile.matchAll(/^([A-Z]+) +(.+)$/gm)].map(([, name = '', rest = '']) => ({ name, rest }));
const runtime = instructions.slice(instructions.findLastIndex(({ name }) => name === 'FROM'));
const last = (wanted: string) => runtime.findLast(({ name }) => name === wanted)?.rest;

describe('the image', () => {
  test('stands on Debian: the native bridge of Temporal has no musl build', () => {
    const stages = instructions.filter(({ name }) => name === 'FROM').map(({ rest }) => rest.split(/ AS /));
    const bases = stages.map(([base]) => base).filter((base) => !stages.some(([, stage]) => stage === base));
    expect(bases).toEqual(['node:24-bookworm-slim']);
  });

  test('does not run as root', () => {
    expect(last('USER')).toBe('node');
  });

  test('starts without a shell, so that the signal to stop arrives', () => {
    expect(JSON.parse(last('ENTRYPOINT') ?? '')).toEqual(['node', 'dist/main.js']);
    expect(JSON.parse(last('CMD') ?? '')).toEqual(['serve', '--roles', 'api,worker']);
    expect(last('STOPSIGNAL')).toBe('SIGTERM');
  });

  test('holds the dependencies of production only, from the lock file', () => {
    expect(last('ENV')).toContain('NODE_ENV=production');
    expect(runtime).toContainEqual({ name: 'COPY', rest: '--from=dependencies /app/node_modules ./node_modules' });
    expect(dockerfile).toMatch(/AS dependencies\nCOPY package\.json package-lock\.json \.\/\nRUN npm ci --omit=dev/);
    expect(dockerfile).not.toContain('npm install');
  });

  test('has what is served as it is, the page of the API, among its dependencies of production', () => {
    expect(JSON.parse(read('package.json'))).toMatchObject({
      dependencies: { 'swagger-ui-dist': expect.stringMatching(/^\d/) },
    });
    expect(runtime).toContainEqual({ name: 'COPY', rest: 'package.json ./' });
  });

  test('has certificates for the native bridge, which does not use those of Node', () => {
    expect(last('RUN') ?? '').not.toBe('');
    expect(runtime.some(({ name, rest }) => name === 'RUN' && rest.includes('ca-certificates'))).toBe(true);
  });

  test('copies only what exists and what .dockerignore lets through', () => {
    const [first, ...allowed] = read('.dockerignore')
      .split('\n')
      .filter((line) => line && !line.startsWith('#'));
    expect(first).toBe('*');
    const copied = instructions
      .filter(({ name, rest }) => name === 'COPY' && !rest.startsWith('--from'))
      .flatMap(({ rest }) => rest.split(/ +/).slice(0, -1));
    expect([...new Set(copied.map((path) => `!${path}`))].sort()).toEqual(allowed.sort());
    for (const path of copied) expect([path, existsSync(new URL(path, root))]).toEqual([path, true]);
  });
});
