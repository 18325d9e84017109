import { appendFile, mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { closeSandboxes, startSandbox } from './client.js';

let folder = '';
let ledgerFile = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'sandbox-ledger-'));
  ledgerFile = join(folder, 'nested', 'ledger.jsonl');
});

afterEach(async () => {
  await closeSandboxes();
  await rm(folder, { recursive: true });
});

test('charges, declines and refunds are found again after a restart, and replayed', async () => {
  const before = await startSandbox({ ledgerFile });
  const charged = await before.charge('k', 'pm_ok');
  const declined = await before.charge('d', 'pm_declined');
  const refunded = await before.refund('r', 'k');
  const ledger = await before.ledger();
  await before.close();

  const after = await startSandbox({ ledgerFile });
  expect(await after.ledger()).toEqual(ledger);
  expect(await after.charge('k', 'pm_ok')).toEqual(charged);
  expect(await after.charge('d', 'pm_declined')).toEqual(declined);
  expect(await after.refund('r', 'k')).toEqual(refunded);
  expect(await after.charge('k', 'pm_ok', { amount_minor: 5 })).toMatchObject({ status: 409 });
  expect(await after.refund('r2', 'k', { amount_minor: 601 })).toMatchObject({ status: 422 });
  expect(await after.ledger()).toEqual(ledger);
});

test('a refund that failed late is known as failed after a restart, with the same events', async () => {
  const before = await startSandbox({ ledgerFile });
  await before.charge('k', 'pm_ok');
  await before.refund('r', 'k', { amount_minor: 1_000 });
  const failed = await before.failRefund('r');
  const events = await before.events();
  await before.close();

  const after = await startSandbox({ ledgerFile });
  expect(await after.ask('/v1/refunds/r')).toEqual(failed);
  expect(await after.events()).toEqual(events);
  expect((await after.refund('r2', 'k', { amount_minor: 1_000 })).status).toBe(200);
});

test('a charge is in the file when it is acknowledged', async () => {
  const sandbox = await startSandbox({ ledgerFile });
  await sandbox.charge('k', 'pm_ok');
  const lines = (await readFile(ledgerFile, 'utf8')).split('\n');
  expect(lines).toHaveLength(2);
  expect(JSON.parse(lines[0] ?? '')).toMatchObject({ key: 'k', state: 'captured' });
});

test('many charges at once are each written as one whole line', async () => {
  const sandbox = await startSandbox({ ledgerFile });
  await Promise.all(Array.from({ length: 60 }, (_, n) => sandbox.charge(`k${n}`, 'pm_ok')));
  const lines = (await readFile(ledgerFile, 'utf8')).trimEnd().split('\n');
  const keys = lines.map((line) => {
    const entry: { key: string } = JSON.parse(line);
    return entry.key;
  });
  expect(new Set(keys).size).toBe(60);
  expect((await sandbox.ledger()).map((entry) => entry['key'])).toEqual(keys);
});

test.each(['{"type":"charge","key":"torn","amount_mi', '\0\0\0\0', '{"type":"other"}', '{"type":"charge","key":"é'])(
  'the torn last line %j is cut, and writing goes on after it',
  async (torn) => {
    const before = await startSandbox({ ledgerFile });
    await before.charge('k', 'pm_ok', { order_id: 'bestellung-é' });
    await before.close();
    const whole = await readFile(ledgerFile, 'utf8');
    await appendFile(ledgerFile, torn);

    const after = await startSandbox({ ledgerFile });
    expect(await readFile(ledgerFile, 'utf8')).toBe(whole);
    expect((await after.charge('next', 'pm_ok')).status).toBe(200);
    await after.close();
    const again = await startSandbox({ ledgerFile });
    expect((await again.ledger()).map((entry) => entry['key'])).toEqual(['k', 'next']);
  },
);

test('a last line cut in the middle of a character is cut whole', async () => {
  const before = await startSandbox({ ledgerFile });
  await before.charge('k', 'pm_ok');
  await before.close();
  const whole = await readFile(ledgerFile);
  await appendFile(ledgerFile, '{"type":"charge","key":"é');
  await truncate(ledgerFile, (await readFile(ledgerFile)).length - 1);
  const after = await startSandbox({ ledgerFile });
  expect(await after.ledger()).toHaveLength(1);
  expect(await readFile(ledgerFile)).toEqual(whole);
});

test('a whole last line that only lacks its end is kept', async () => {
  const before = await startSandbox({ ledgerFile });
  await before.charge('k', 'pm_ok');
  await before.close();
  const whole = await readFile(ledgerFile);
  await truncate(ledgerFile, whole.length - 1);
  const after = await startSandbox({ ledgerFile });
  expect(await after.ledger()).toHaveLength(1);
  expect(await readFile(ledgerFile)).toEqual(whole);
});

test('a damaged line before the last stops the start with its number', async () => {
  const before = await startSandbox({ ledgerFile });
  await before.charge('k', 'pm_ok');
  await before.close();
  const whole = await readFile(ledgerFile, 'utf8');
  await writeFile(ledgerFile, `${whole}garbage\n${whole}`);
  await expect(startSandbox({ ledgerFile })).rejects.toThrow(/line 2 of the ledger .* is not a ledger entry/);
  expect(await readFile(ledgerFile, 'utf8')).toBe(`${whole}garbage\n${whole}`);
});

test('the ledger is filtered by order, and without one the newest are returned, oldest first', async () => {
  const sandbox = await startSandbox();
  for (const n of [1, 2, 3]) await sandbox.charge(`k${n}`, 'pm_ok', { order_id: `o${n}` });
  expect((await sandbox.ledger('o2')).map((entry) => entry['key'])).toEqual(['k2']);
  expect(await sandbox.ledger('nobody')).toEqual([]);
  expect(await sandbox.ask('/v1/ledger?limit=2')).toMatchObject({
    body: { data: [{ key: 'k2' }, { key: 'k3' }], total: 3 },
  });
  expect(await sandbox.ask('/v1/ledger?limit=0')).toMatchObject({ status: 422, body: { field: 'limit' } });
});
