import { afterEach, expect, test } from '@jest/globals';
import { closeSandboxes, startSandbox, until } from './client.js';

afterEach(closeSandboxes);

test('pm_ok is captured at once', async () => {
  const sandbox = await startSandbox();
  const { status, body } = await sandbox.charge('k', 'pm_ok');
  expect(status).toBe(200);
  expect(body).toMatchObject({
    id: expect.stringMatching(/^ch_[0-9a-f]{24}$/),
    status: 'captured',
    amount_minor: 1_000,
    currency: 'EUR',
  });
  expect(await sandbox.ledger('order-1')).toEqual([
    {
      type: 'charge',
      key: 'k',
      order_id: 'order-1',
      amount_minor: 1_000,
      currency: 'EUR',
      method: 'pm_ok',
      state: 'captured',
      reference: body['id'],
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
    },
  ]);
});

test('pm_declined is declined with 402, and the lookup says so', async () => {
  const sandbox = await startSandbox();
  const declined = { status: 'declined', code: 'card_declined' };
  expect(await sandbox.charge('k', 'pm_declined')).toMatchObject({ status: 402, body: declined });
  expect(await sandbox.lookup('k')).toMatchObject({ status: 200, body: declined });
});

test('pm_fail_2 answers 503 twice without a trace and captures on the third try', async () => {
  const sandbox = await startSandbox();
  for (const _ of [1, 2]) {
    expect(await sandbox.charge('k', 'pm_fail_2')).toMatchObject({ status: 503, body: { code: 'unavailable' } });
    expect((await sandbox.lookup('k')).status).toBe(404);
  }
  expect(await sandbox.charge('k', 'pm_fail_2')).toMatchObject({ status: 200, body: { status: 'captured' } });
  expect(await sandbox.ledger()).toHaveLength(1);
});

test('pm_fail counts the tries of each key apart', async () => {
  const sandbox = await startSandbox();
  expect((await sandbox.charge('one', 'pm_fail_1')).status).toBe(503);
  expect((await sandbox.charge('two', 'pm_fail_1')).status).toBe(503);
  expect((await sandbox.charge('one', 'pm_fail_1')).status).toBe(200);
});

test('pm_timeout_before neither answers nor charges, no matter how often it is tried', async () => {
  const sandbox = await startSandbox();
  for (const _ of [1, 2]) {
    await expect(sandbox.charge('k', 'pm_timeout_before', {}, AbortSignal.timeout(60))).rejects.toThrow(/timeout/i);
  }
  expect((await sandbox.lookup('k')).status).toBe(404);
  expect(await sandbox.ledger()).toEqual([]);
});

test('a request without an answer is held no longer than the bound', async () => {
  const sandbox = await startSandbox({ holdMs: 20 });
  expect(await sandbox.charge('k', 'pm_timeout_before')).toMatchObject({ status: 504, body: { code: 'no_answer' } });
});

test('pm_timeout_after charges without an answer, and the same key then gets the success', async () => {
  const sandbox = await startSandbox();
  const gone = new AbortController();
  const first = sandbox.charge('k', 'pm_timeout_after', {}, gone.signal);
  await until(
    () => sandbox.lookup('k'),
    ({ status }) => status === 200,
  );
  gone.abort();
  await expect(first).rejects.toThrow(/abort/i);
  expect(await sandbox.charge('k', 'pm_timeout_after')).toMatchObject({ status: 200, body: { status: 'captured' } });
  expect(await sandbox.ledger()).toHaveLength(1);
});

test('pm_error_after charges and answers 500, and the same key then gets the success', async () => {
  const sandbox = await startSandbox();
  expect((await sandbox.charge('k', 'pm_error_after')).status).toBe(500);
  expect(await sandbox.lookup('k')).toMatchObject({ body: { status: 'captured' } });
  expect(await sandbox.charge('k', 'pm_error_after')).toMatchObject({ status: 200, body: { status: 'captured' } });
  expect(await sandbox.ledger()).toHaveLength(1);
});

test.each([
  ['captured', 200],
  ['declined', 402],
])('pm_processing says processing until it is settled as %s', async (outcome, replayed) => {
  const sandbox = await startSandbox();
  const gone = new AbortController();
  const first = sandbox.charge('k', 'pm_processing', {}, gone.signal);
  const processing = await until(
    () => sandbox.lookup('k'),
    ({ status }) => status === 200,
  );
  gone.abort();
  await expect(first).rejects.toThrow(/abort/i);
  expect(processing.body['status']).toBe('processing');
  expect(await sandbox.charge('k', 'pm_processing')).toMatchObject({
    status: 409,
    body: { code: 'charge_processing' },
  });

  expect(await sandbox.settle('k', outcome)).toMatchObject({ status: 200, body: { status: outcome } });
  expect(await sandbox.lookup('k')).toMatchObject({ body: { status: outcome, id: processing.body['id'] } });
  expect(await sandbox.charge('k', 'pm_processing')).toMatchObject({ status: replayed, body: { status: outcome } });
  expect((await sandbox.ledger()).map((entry) => entry['state'])).toEqual(['processing', outcome]);
});

test('settling twice changes nothing, and the opposite outcome is refused', async () => {
  const sandbox = await startSandbox();
  await sandbox.charge('k', 'pm_ok');
  expect(await sandbox.settle('k', 'captured')).toMatchObject({ status: 200, body: { status: 'captured' } });
  expect(await sandbox.settle('k', 'declined')).toMatchObject({ status: 409, body: { code: 'already_settled' } });
  expect(await sandbox.settle('unknown', 'captured')).toMatchObject({ status: 404 });
  expect(await sandbox.settle('k', 'lost')).toMatchObject({ status: 422, body: { field: 'outcome' } });
  expect(await sandbox.ledger()).toHaveLength(1);
});

test('pm_slow is not found until it has charged, and charges although its client disconnected', async () => {
  const sandbox = await startSandbox();
  const gone = new AbortController();
  const first = sandbox.charge('k', 'pm_slow_300', {}, gone.signal);
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect((await sandbox.lookup('k')).status).toBe(404);
  gone.abort();
  await expect(first).rejects.toThrow(/abort/i);
  const found = await until(
    () => sandbox.lookup('k'),
    ({ status }) => status === 200,
  );
  expect(found.body['status']).toBe('captured');
  expect(await sandbox.ledger('order-1')).toHaveLength(1);
});

test('pm_refund_fails is captured and its refunds are refused', async () => {
  const sandbox = await startSandbox();
  expect((await sandbox.charge('k', 'pm_refund_fails')).status).toBe(200);
  expect(await sandbox.refund('r', 'k')).toMatchObject({ status: 422, body: { code: 'refund_refused' } });
  expect((await sandbox.ask('/v1/refunds/r')).status).toBe(404);
  expect(await sandbox.ledger()).toHaveLength(1);
});

test.each([
  [1, 200],
  [0, 402],
])('pm_random with a success rate of %d always answers %d', async (successRate, status) => {
  const sandbox = await startSandbox({ successRate, latencyMs: { min: 0, max: 2 } });
  const answers = await Promise.all(Array.from({ length: 20 }, (_, n) => sandbox.charge(`k${n}`, 'pm_random')));
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([status]));
});

test('pm_random draws both outcomes, and the same ones for the same keys', async () => {
  const first = await drawForty();
  expect(new Set(first)).toEqual(new Set([200, 402]));
  expect(await drawForty()).toEqual(first);
});

async function drawForty(): Promise<number[]> {
  const sandbox = await startSandbox({ successRate: 0.5, latencyMs: { min: 0, max: 0 } });
  const answers = await Promise.all(Array.from({ length: 40 }, (_, n) => sandbox.charge(`k${n}`, 'pm_random')));
  return answers.map((answer) => answer.status);
}

test.each(['pm_nothing', 'pm_fail_101', 'pm_fail_', 'pm_slow_60001', 'pm_slow_-1', 'xpm_ok', 'pm_okay'])(
  'the unknown method %s is refused with the names of the known ones',
  async (method) => {
    const sandbox = await startSandbox();
    const { status, body } = await sandbox.charge('k', method);
    expect(status).toBe(422);
    expect(body).toMatchObject({ code: 'unknown_method', field: 'method' });
    expect(body['message']).toMatch(/pm_ok.*pm_fail_<n> \(up to 100\).*pm_slow_<ms> \(up to 60000\).*pm_random/);
    expect(await sandbox.ledger()).toEqual([]);
  },
);
