import { afterEach, expect, test } from '@jest/globals';
import { eventually } from '../support/end-state.js';
import { newHome, newHomeWithData, processesOf, removeHome, spawnUp, type Environment } from '../support/up-process.js';

const homes: Environment[] = [];

afterEach(async () => {
  await Promise.all(homes.splice(0).map(removeHome));
});

/** The lines of a start, and a moment after some of them, when the server that they announce is on its way. */
const MOMENTS: [text: string, afterMs: number, signal: NodeJS.Signals][] = [
  ['PostgreSQL: starting', 0, 'SIGINT'],
  ['PostgreSQL: starting', 300, 'SIGTERM'],
  ['PostgreSQL: starting', 900, 'SIGINT'],
  ['PostgreSQL: starting', 1_600, 'SIGTERM'],
  ['PostgreSQL started', 0, 'SIGTERM'],
  ['PostgreSQL started', 100, 'SIGINT'],
  ['Temporal: starting', 0, 'SIGINT'],
  ['Temporal: starting', 200, 'SIGTERM'],
  ['Temporal: starting', 600, 'SIGINT'],
  ['Temporal started', 0, 'SIGTERM'],
  ['Temporal started', 150, 'SIGINT'],
  ['Payment sandbox', 0, 'SIGTERM'],
  ['Payment sandbox', 300, 'SIGINT'],
  ['Payment sandbox', 1_000, 'SIGTERM'],
  ['Ctrl-C drains', 0, 'SIGINT'],
];

test.each(MOMENTS)(
  'a signal after "%s" and %d ms leaves no process behind',
  async (text, afterMs, signal) => {
    const home = await (text === 'PostgreSQL: starting' ? newHome() : newHomeWithData());
    homes.push(home);
    const up = spawnUp(home);
    await up.says(text);
    await new Promise((resolve) => setTimeout(resolve, afterMs));
    up.kill(signal);
    expect(await up.exited).toBe(0);
    expect(await processesOf(home['HOLDFAST_HOME'] ?? '')).toEqual([]);
    expect(up.output()).toContain('Stopped.');
    expect(up.output()).not.toContain('✖');
  },
  150_000,
);

test('further signals during the stop neither cut it short nor leave a process behind', async () => {
  const home = await newHomeWithData();
  homes.push(home);
  const up = spawnUp(home);
  await up.says('Ctrl-C drains');
  for (const signal of ['SIGINT', 'SIGINT', 'SIGTERM'] as const) up.kill(signal);
  await new Promise((resolve) => setTimeout(resolve, 300));
  up.kill('SIGINT');
  expect(await up.exited).toBe(0);
  expect(up.output()).toContain('Stopped.');
  expect(await processesOf(home['HOLDFAST_HOME'] ?? '')).toEqual([]);
}, 150_000);

test.each([
  ['Temporal cannot start', { HOLDFAST_TEMPORAL_CLI: '/bin/false' }, /Temporal ended while it started/],
  [
    'the database cannot be used',
    { DATABASE_URL: 'postgres://holdfast@127.0.0.1:1/holdfast' },
    /PostgreSQL at 127.0.0.1:1/,
  ],
])(
  'a start that fails because %s leaves no process behind',
  async (_why, wrong, message) => {
    const home = await newHome();
    homes.push(home);
    const up = spawnUp({ ...home, ...wrong });
    expect(await up.exited).toBe(1);
    expect(up.output()).toMatch(message);
    expect(await processesOf(home['HOLDFAST_HOME'] ?? '')).toEqual([]);
  },
  150_000,
);

test('a sandbox that outlives a killed `up` ends on its own', async () => {
  const home = await newHomeWithData();
  homes.push(home);
  const up = spawnUp(home);
  await up.says('Payment sandbox');
  up.kill('SIGKILL');
  await up.exited;
  const sandboxes = async () =>
    (await processesOf(home['HOLDFAST_HOME'] ?? '')).filter(({ command }) => command.includes('sandbox/main.js'));
  expect(await eventually(sandboxes, ({ length }) => length === 0)).toEqual([]);
}, 150_000);
