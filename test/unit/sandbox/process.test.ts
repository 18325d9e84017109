import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { transformFile } from '@swc/core';
import { clientOf, until } from './client.js';
import { closeReceivers, startReceiver } from './receiver.js';

const SECRET = `whsec_${Buffer.alloc(32, 1).toString('base64')}`;
let folder = '';
const children: ChildProcessWithoutNullStreams[] = [];

/** The process is run as it is shipped, compiled, without waiting for a build of everything. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-process-'));
  await mkdir(join(folder, 'sandbox'));
  await writeFile(join(folder, 'package.json'), '{"type":"module"}');
  await symlink(resolve('node_modules'), join(folder, 'node_modules'));
  for (const name of await readdir('src/sandbox')) {
    const { code } = await transformFile(join('src/sandbox', name), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    });
    await writeFile(join(folder, 'sandbox', name.replace(/\.ts$/, '.js')), code);
  }
});

afterEach(async () => {
  await Promise.all(
    children.splice(0).map(async (child) => {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGKILL');
      await once(child, 'exit');
    }),
  );
});

afterEach(closeReceivers);

afterAll(() => rm(folder, { recursive: true }));

function run(...args: string[]) {
  const env = { ...process.env, SANDBOX_EVENT_SECRETS: SECRET };
  const child = spawn(process.execPath, [join(folder, 'sandbox/main.js'), ...args], { env });
  children.push(child);
  const exit = once(child, 'close').then(() => ({ code: child.exitCode, signal: child.signalCode }));
  return { child, exit };
}

async function start(...args: string[]) {
  const { child, exit } = run('--port', '0', ...args);
  const line: string = await new Promise((found, failed) => {
    createInterface(child.stdout).once('line', found);
    void exit.then(() => failed(new Error('ended before it listened')));
  });
  const url = /^payment sandbox on (http:\/\/127\.0\.0\.1:\d+)$/.exec(line)?.[1];
  if (url === undefined) throw new Error(`unexpected line: ${line}`);
  return { child, exit, url, ...clientOf(url) };
}

async function failure(...args: string[]) {
  const { child, exit } = run(...args);
  let told = '';
  child.stderr.on('data', (chunk: Buffer) => (told += chunk.toString()));
  return { ...(await exit), told };
}

test('a killed sandbox knows its charges when it is started again', async () => {
  const ledger = join(folder, 'ledger.jsonl');
  const first = await start('--ledger', ledger);
  const charged = await first.charge('k', 'pm_ok');
  first.child.kill('SIGKILL');
  await first.exit;
  const second = await start('--ledger', ledger);
  expect(await second.charge('k', 'pm_ok')).toEqual(charged);
  expect(await second.ledger()).toHaveLength(1);
});

test.each(['SIGTERM', 'SIGINT'] as const)('%s ends it in order, although a request is held', async (signal) => {
  const sandbox = await start();
  const held = sandbox.charge('k', 'pm_timeout_before').catch(() => undefined);
  await sandbox.charge('other', 'pm_ok');
  sandbox.child.kill(signal);
  expect(await sandbox.exit).toEqual({ code: 0, signal: null });
  await held;
});

test('with --exit-with-stdin it ends when its standard input does', async () => {
  const sandbox = await start('--exit-with-stdin');
  sandbox.child.stdin.end();
  expect(await sandbox.exit).toEqual({ code: 0, signal: null });
});

test('without --exit-with-stdin it outlives its standard input', async () => {
  const sandbox = await start();
  sandbox.child.stdin.end();
  expect((await sandbox.charge('k', 'pm_slow_100')).status).toBe(200);
});

test('a taken port ends it with code 1 and a plain message', async () => {
  const { url } = await start();
  const { port } = new URL(url);
  const { code, told } = await failure('--port', port);
  expect(code).toBe(1);
  expect(told).toBe(`the payment sandbox cannot listen on 127.0.0.1:${port}: the port is taken\n`);
});

test('with --events-url it sends an event about a charge, and a receiver that hangs does not delay its end', async () => {
  const receiver = await startReceiver(() => undefined);
  const sandbox = await start('--events-url', receiver.url);
  await sandbox.charge('k', 'pm_ok');
  await until(
    async () => receiver.received.length,
    (length) => length === 1,
  );
  sandbox.child.kill('SIGTERM');
  expect(await sandbox.exit).toEqual({ code: 0, signal: null });
});

test('a bad option ends it with code 1, its name and the usage', async () => {
  const { code, told } = await failure('--success-rate', '2');
  expect(code).toBe(1);
  expect(told).toMatch(/^--success-rate must be a number from 0 to 1, not "2"\nusage: /);
});
