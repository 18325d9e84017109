import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from '@jest/globals';
import { runCommand } from '../support/run-command.js';
import { aCheckout, createShop } from '../support/shop.js';
import { newHome, processesOf, removeHome, spawnUp, type Environment, type UpProcess } from '../support/up-process.js';

const READY = 'Ctrl-C drains';
const homes: Environment[] = [];
const running: UpProcess[] = [];

async function anotherHome(): Promise<Environment> {
  const home = await newHome();
  homes.push(home);
  return home;
}

function start(environment: Environment): UpProcess {
  const started = spawnUp(environment);
  running.push(started);
  return started;
}

afterEach(async () => {
  for (const { kill } of running) kill('SIGTERM');
  await Promise.all(running.splice(0).map(({ exited }) => exited));
  await Promise.all(homes.splice(0).map(removeHome));
});

const placeOrder = async (home: Environment) =>
  (await createShop(`http://127.0.0.1:${home['PORT']}`).post(aCheckout(), { Prefer: 'wait=20' })).body.status;

/** What a shell may hold for psql, for the Temporal CLI, for a proxy and for Node. */
const OTHERS = {
  PGSSLMODE: 'require',
  PGOPTIONS: '-c search_path=nowhere -c default_transaction_read_only=on',
  PGHOST: '192.0.2.1',
  PGDATABASE: 'another',
  TEMPORAL_ENV: 'production',
  TEMPORAL_PROFILE: 'production',
  TEMPORAL_CONFIG_FILE: '/nowhere/temporal.toml',
  HTTP_PROXY: 'http://127.0.0.1:1',
  HTTPS_PROXY: 'http://127.0.0.1:1',
  http_proxy: 'http://127.0.0.1:1',
  NODE_USE_ENV_PROXY: '1',
  NODE_OPTIONS: '--no-deprecation',
};

test('variables for other programs reach no server that `up` starts, and disturb neither it nor other commands', async () => {
  const home = await anotherHome();
  const up = start({ ...home, ...OTHERS });
  await up.says(READY);
  expect(await placeOrder(home)).toBe('confirmed');

  const { HOLDFAST_HOME = '' } = home;
  const servers = await processesOf(HOLDFAST_HOME);
  expect(servers.length).toBeGreaterThan(3);
  for (const { pid, command } of servers) {
    const names = (await readFile(`/proc/${pid}/environ`, 'utf8'))
      .split('\0')
      .map((entry) => entry.split('=')[0] ?? '');
    expect({ command, names: names.filter((name) => name in OTHERS || name.startsWith('TEMPORAL_')) }).toEqual({
      command,
      names: [],
    });
    // The secret of the sandbox's events is not to be read on a command line.
    expect(command).not.toContain('whsec_');
  }
  for (const command of [['audit'], ['keys', 'list'], ['seed']]) {
    expect(await runCommand(command, { HOLDFAST_HOME, ...OTHERS })).toMatchObject({ code: 0 });
  }
}, 150_000);

test('a log that cannot be opened is reported immediately, and nothing is started', async () => {
  const home = await anotherHome();
  await mkdir(join(home['HOLDFAST_HOME'] ?? '', 'holdfast.log'));
  const up = start(home);
  expect(await up.exited).toBe(1);
  expect(up.output()).toMatch(/^✖ the log cannot be written: EISDIR.*holdfast\.log/);
});

test('a home that is not a directory is reported immediately', async () => {
  const home = await anotherHome();
  const file = join(home['HOLDFAST_HOME'] ?? '', 'file');
  await writeFile(file, '');
  const up = start({ ...home, HOLDFAST_HOME: join(file, 'home') });
  expect(await up.exited).toBe(1);
  expect(up.output()).toContain(`✖ HOLDFAST_HOME ${join(file, 'home')} cannot be used: a part of that path is a file`);
});

test('a full disk loses lines of the log, never the process: it reports that, continues, and stops cleanly', async () => {
  const home = await anotherHome();
  await symlink('/dev/full', join(home['HOLDFAST_HOME'] ?? '', 'holdfast.log'));
  const up = start(home);
  await up.says(READY);
  expect(await placeOrder(home)).toBe('confirmed');
  expect((await fetch(`http://127.0.0.1:${home['INTERNAL_PORT']}/healthz`)).status).toBe(200);
  expect(up.output().match(/holdfast\.log cannot be written: ENOSPC/g)).toHaveLength(1);
  up.kill('SIGTERM');
  expect(await up.exited).toBe(0);
  expect(up.output()).toContain('Stopped.');
  expect(await processesOf(home['HOLDFAST_HOME'] ?? '')).toEqual([]);
}, 150_000);
