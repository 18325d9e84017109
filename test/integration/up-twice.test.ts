import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { runCommand } from '../support/run-command.js';
import { aCheckout, createShop } from '../support/shop.js';
import { newHome, processesOf, removeHome, spawnUp, type Environment, type UpProcess } from '../support/up-process.js';

const READY = 'Ctrl-C drains';
const homes: Environment[] = [];
const running: UpProcess[] = [];
const servers: Server[] = [];

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

const isHealthy = async (home: Environment) => {
  const { body } = await createShop(`http://127.0.0.1:${home['PORT']}`).post(aCheckout(), { Prefer: 'wait=20' });
  return body.status;
};

async function occupy(port: string | undefined, answer = '{"status":"ok"}'): Promise<void> {
  const server = createServer((_, response) => response.end(answer)).listen(Number(port), '127.0.0.1');
  servers.push(server);
  await once(server, 'listening');
}

afterEach(async () => {
  for (const server of servers.splice(0)) server.close();
});

afterAll(async () => {
  for (const { kill } of running) kill('SIGTERM');
  await Promise.all(running.map(({ exited }) => exited));
  await Promise.all(homes.map(removeHome));
});

describe('beside an `up` that runs', () => {
  let first: UpProcess;
  let home: Environment;

  beforeAll(async () => {
    home = await anotherHome();
    first = start(home);
    await first.says(READY);
  }, 150_000);

  test('a second one in its home says what runs where, exits with 1, and does the first no harm', async () => {
    const begun = Date.now();
    const second = start(home);
    expect(await second.exited).toBe(1);
    expect(Date.now() - begun).toBeLessThan(10_000);
    const where = `process ${first.pid}, http://localhost:${home['PORT']}`;
    expect(second.output()).toContain(`✖ Holdfast already runs here: ${where}`);
    expect(second.output()).not.toContain('✔');
    expect(await isHealthy(home)).toBe('confirmed');
  });

  test('a second one with other ports, and by another path to the home, is refused as well', async () => {
    const links = await mkdtemp(join(tmpdir(), 'holdfast-link-'));
    const path = join(links, 'home');
    await symlink(home['HOLDFAST_HOME'] ?? '', path);
    const second = start({ ...(await anotherHome()), HOLDFAST_HOME: path });
    expect(await second.exited).toBe(1);
    await rm(links, { recursive: true });
    expect(second.output()).toContain(`Holdfast already runs here: process ${first.pid}`);
    expect(await isHealthy(home)).toBe('confirmed');
  });

  test('one with a home of its own and the same ports names all of them before it starts anything', async () => {
    const ports = { ...home, HOLDFAST_HOME: (await anotherHome())['HOLDFAST_HOME'] ?? '' };
    const second = start(ports);
    expect(await second.exited).toBe(1);
    for (const name of [
      'PORT',
      'INTERNAL_PORT',
      'TEMPORAL_PORT',
      'TEMPORAL_UI_PORT',
      'POSTGRES_PORT',
      'SANDBOX_PORT',
    ]) {
      expect(second.output()).toMatch(new RegExp(`port ${home[name]} is taken by .*; set ${name} to a free one`));
    }
    expect(second.output()).not.toMatch(/✔|starting/);
    expect(await processesOf(ports['HOLDFAST_HOME'] ?? '')).toEqual([]);
    expect(await isHealthy(home)).toBe('confirmed');
  });

  test('other commands find its ports in its home, and the environment wins over them', async () => {
    const { HOLDFAST_HOME = '' } = home;
    const file = join(HOLDFAST_HOME, 'seeds.json');
    const seeds = [{ sku: 'kept', name: 'Kept', currency: 'EUR', unit_price_minor: 100, on_hand: 1 }];
    await writeFile(file, JSON.stringify(seeds));
    expect(await runCommand(['seed', file], { HOLDFAST_HOME })).toMatchObject({ code: 0 });
    expect(await runCommand(['keys', 'list'], { HOLDFAST_HOME })).toMatchObject({ code: 0 });
    expect(await runCommand(['audit'], { HOLDFAST_HOME })).toMatchObject({ code: 0 });
    const { output } = await runCommand(['config'], { HOLDFAST_HOME, SANDBOX_PORT: '4711' });
    expect(output).toMatch(new RegExp(`^ {2}POSTGRES_PORT +${home['POSTGRES_PORT']} +up$`, 'm'));
    expect(output).toMatch(/^ {2}SANDBOX_PORT +4711 +environment$/m);
  });
});

test('of two that are started at the same moment exactly one wins, also over the lock of one that was killed', async () => {
  const home = await anotherHome();
  await writeFile(join(home['HOLDFAST_HOME'] ?? '', 'up.lock'), '{"pid":4194303,"startedAt":"long ago"}');
  const both = [start(home), start(home)];
  const loser = await Promise.race(both.map(async (one) => ({ one, code: await one.exited })));
  expect(loser.code).toBe(1);
  expect(loser.one.output()).toContain('Holdfast already runs here: process');
  const winner = both.find((one) => one !== loser.one);
  await winner?.says(READY);
  expect(await isHealthy(home)).toBe('confirmed');
}, 150_000);

test('the next start after a kill -9 adopts the servers, and leaves none behind when it stops', async () => {
  const home = await anotherHome();
  const first = start(home);
  await first.says(READY);
  first.kill('SIGKILL');
  await first.exited;
  const second = start(home);
  await second.says(READY);
  expect(second.output()).toContain('PostgreSQL adopted');
  expect(second.output()).toContain('Temporal adopted');
  expect(await isHealthy(home)).toBe('confirmed');
  second.kill('SIGTERM');
  expect(await second.exited).toBe(0);
  expect(await processesOf(home['HOLDFAST_HOME'] ?? '')).toEqual([]);
}, 150_000);

test.each(['SANDBOX_PORT', 'TEMPORAL_UI_PORT', 'POSTGRES_PORT', 'PORT'])(
  'another program that answers on %s is never taken for ours',
  async (name) => {
    const home = await anotherHome();
    await occupy(home[name]);
    const refused = start(home);
    expect(await refused.exited).toBe(1);
    expect(refused.output()).toContain(`port ${home[name]} is taken by process ${process.pid} (node`);
    expect(refused.output()).not.toMatch(/✔|starting/);
  },
);

test('two variables with the same port are distinguished from a port that is taken', async () => {
  const home = await anotherHome();
  const refused = start({ ...home, SANDBOX_PORT: home['PORT'] ?? '' });
  expect(await refused.exited).toBe(1);
  expect(refused.output()).toContain(`SANDBOX_PORT and PORT are both ${home['PORT']}`);
});

test('the key of a first start is in a file, and not in what is printed', async () => {
  const home = await anotherHome();
  const file = join(home['HOLDFAST_HOME'] ?? '', 'api-key');
  await rm(file);
  const first = start(home);
  await first.says(READY);
  const key = (await readFile(file, 'utf8')).trim();
  expect(first.output()).toContain(file);
  expect(first.output()).toContain(`http://localhost:${home['PORT']}/docs`);
  expect(first.output()).not.toContain(key);
}, 150_000);
