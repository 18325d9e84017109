import { afterEach, expect, test } from '@jest/globals';
import { newHome, processesOf, removeHome, spawnUp, type Environment } from '../support/up-process.js';

const homes: Environment[] = [];

afterEach(async () => {
  await Promise.all(homes.splice(0).map(removeHome));
});

test.each([
  ['PostgreSQL', /postgres.* -D /, /✖ PostgreSQL \(process \d+\) has ended unexpectedly.*server\.log/],
  ['Temporal', /server start-dev/, /✖ Temporal \(process \d+\) has ended unexpectedly.*temporal\.log/],
  [
    'the payment sandbox',
    /sandbox\/main\.js/,
    /✖ The payment sandbox \(process \d+\) has ended unexpectedly.*sandbox\.log/,
  ],
])(
  'a running `up` says at once that %s has ended, and ends everything else with an error',
  async (_name, command, message) => {
    const home = await newHome();
    homes.push(home);
    const directory = home['HOLDFAST_HOME'] ?? '';
    const up = spawnUp(home);
    await up.says('Ctrl-C drains');
    const server = (await processesOf(directory)).find((one) => command.test(one.command));
    process.kill(server?.pid ?? Number.NaN, 'SIGKILL');
    const killedAt = Date.now();
    await up.says(message);
    expect(Date.now() - killedAt).toBeLessThan(5_000);
    expect(await up.exited).toBe(1);
    expect(await processesOf(directory)).toEqual([]);
  },
  200_000,
);
