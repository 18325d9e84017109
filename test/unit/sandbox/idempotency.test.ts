import { afterEach, expect, test } from '@jest/globals';
import { closeSandboxes, startSandbox } from './client.js';

afterEach(closeSandboxes);

test('the same key and body get the first outcome again, not a second charge', async () => {
  const sandbox = await startSandbox();
  const first = await sandbox.charge('order-1:charge:1', 'pm_ok');
  expect(await sandbox.charge('order-1:charge:1', 'pm_ok')).toEqual(first);
  expect(await sandbox.lookup('order-1:charge:1')).toEqual(first);
  expect(await sandbox.ledger()).toHaveLength(1);
});

test('a decline is replayed as a decline', async () => {
  const sandbox = await startSandbox();
  const first = await sandbox.charge('k', 'pm_declined');
  expect(await sandbox.charge('k', 'pm_declined')).toEqual(first);
  expect(await sandbox.ledger()).toHaveLength(1);
});

test.each(['pm_ok', 'pm_slow_30', 'pm_declined'])(
  'fifty requests at once with one key and %s make one entry and one answer',
  async (method) => {
    const sandbox = await startSandbox();
    const answers = await Promise.all(Array.from({ length: 50 }, () => sandbox.charge('k', method)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(await sandbox.ledger()).toHaveLength(1);
  },
);

test('of requests at once with pm_error_after one gets the error and the others the charge', async () => {
  const sandbox = await startSandbox();
  const answers = await Promise.all(Array.from({ length: 10 }, () => sandbox.charge('k', 'pm_error_after')));
  expect(answers.filter((answer) => answer.status === 500)).toHaveLength(1);
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(9);
  expect(await sandbox.ledger()).toHaveLength(1);
});

test.each([{ order_id: 'order-2' }, { amount_minor: 999 }, { currency: 'USD' }, { method: 'pm_declined' }])(
  'a key used again with %j is a conflict, also while the first is under way',
  async (other) => {
    const sandbox = await startSandbox();
    const first = sandbox.charge('k', 'pm_slow_80');
    await new Promise((resolve) => setTimeout(resolve, 20));
    const conflict = { status: 409, body: { code: 'idempotency_conflict' } };
    expect(await sandbox.charge('k', 'pm_slow_80', other)).toMatchObject(conflict);
    expect((await first).status).toBe(200);
    expect(await sandbox.charge('k', 'pm_slow_80', other)).toMatchObject(conflict);
    expect(await sandbox.ledger()).toHaveLength(1);
  },
);

test('other keys are not held up by a slow one', async () => {
  const sandbox = await startSandbox({ closeDeadlineMs: 10 });
  const slow = sandbox.charge('slow', 'pm_slow_60000').catch(() => 'cut');
  expect((await sandbox.charge('quick', 'pm_ok')).status).toBe(200);
  await sandbox.close();
  await slow;
});
