import { afterEach, expect, test } from '@jest/globals';
import { closeSandboxes, startSandbox } from './client.js';
import type { Client } from './client.js';

afterEach(closeSandboxes);

async function charged(method = 'pm_ok'): Promise<Client> {
  const sandbox = await startSandbox();
  await sandbox.charge('k', method);
  return sandbox;
}

test('a refund is answered, written to the ledger and found by its key', async () => {
  const sandbox = await charged();
  const answer = await sandbox.refund('r', 'k');
  expect(answer).toMatchObject({ status: 200, body: { status: 'refunded', amount_minor: 400, currency: 'EUR' } });
  expect(await sandbox.ask('/v1/refunds/r')).toEqual(answer);
  expect((await sandbox.ledger('order-1')).map((entry) => [entry['type'], entry['key'], entry['state']])).toEqual([
    ['charge', 'k', 'captured'],
    ['refund', 'r', 'refunded'],
  ]);
});

test('the same refund key is replayed, and never refunds twice', async () => {
  const sandbox = await charged();
  const answers = await Promise.all(Array.from({ length: 50 }, () => sandbox.refund('r', 'k')));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await sandbox.ledger()).toHaveLength(2);
});

test('the same refund key with another body is a conflict, whichever charge it names', async () => {
  const sandbox = await charged();
  await sandbox.charge('other', 'pm_ok');
  const answers = await Promise.all([sandbox.refund('r', 'k'), sandbox.refund('r', 'other')]);
  expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200, 409]));
  expect(await sandbox.refund('r', 'k', { amount_minor: 1 })).toMatchObject({ status: 409 });
});

test('refunds together never exceed the charge', async () => {
  const sandbox = await charged();
  expect((await sandbox.refund('r1', 'k', { amount_minor: 600 })).status).toBe(200);
  expect(await sandbox.refund('r2', 'k', { amount_minor: 401 })).toMatchObject({
    status: 422,
    body: { code: 'refund_exceeds_charge', field: 'amount_minor' },
  });
  expect((await sandbox.refund('r3', 'k', { amount_minor: 400 })).status).toBe(200);
  expect((await sandbox.refund('r4', 'k', { amount_minor: 1 })).status).toBe(422);
});

test('parallel refunds never exceed the charge', async () => {
  const sandbox = await charged();
  const answers = await Promise.all(
    Array.from({ length: 20 }, (_, n) => sandbox.refund(`r${n}`, 'k', { amount_minor: 300 })),
  );
  expect(answers.filter((answer) => answer.status === 200)).toHaveLength(3);
  expect(answers.filter((answer) => answer.body['code'] === 'refund_exceeds_charge')).toHaveLength(17);
});

test('an unknown charge cannot be refunded, and its refund can be tried again later', async () => {
  const sandbox = await startSandbox();
  expect(await sandbox.refund('r', 'k')).toMatchObject({ status: 404, body: { code: 'charge_not_found' } });
  await sandbox.charge('k', 'pm_ok');
  expect((await sandbox.refund('r', 'k')).status).toBe(200);
});

test('a declined charge cannot be refunded', async () => {
  const sandbox = await charged('pm_declined');
  expect(await sandbox.refund('r', 'k')).toMatchObject({ status: 422, body: { code: 'charge_not_captured' } });
});

test.each([
  ['order_id', { order_id: 'order-2' }],
  ['currency', { currency: 'USD' }],
])("a refund with another %s than its charge's is refused", async (field, other) => {
  const sandbox = await charged();
  expect(await sandbox.refund('r', 'k', other)).toMatchObject({ status: 422, body: { field } });
});

test('a refund fails late: a second line, its state everywhere, and its money can go back under another key', async () => {
  const sandbox = await charged();
  const refunded = await sandbox.refund('r', 'k', { amount_minor: 1_000 });
  const failed = { status: 200, body: { id: refunded.body['id'], status: 'failed', amount_minor: 1_000 } };
  expect(await sandbox.failRefund('r')).toMatchObject(failed);
  expect(await sandbox.refund('r', 'k', { amount_minor: 1_000 })).toMatchObject(failed);
  expect(await sandbox.ask('/v1/refunds/r')).toMatchObject(failed);
  expect((await sandbox.ledger()).map((entry) => entry['state'])).toEqual(['captured', 'refunded', 'failed']);
  expect((await sandbox.refund('r2', 'k', { amount_minor: 1_000 })).status).toBe(200);
  expect((await sandbox.refund('r3', 'k', { amount_minor: 1 })).status).toBe(422);
});

test('a refund fails once, no matter how often that is requested', async () => {
  const sandbox = await charged();
  await sandbox.refund('r', 'k');
  const answers = await Promise.all(Array.from({ length: 20 }, () => sandbox.failRefund('r')));
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(await sandbox.ledger()).toHaveLength(3);
});

test('an unknown refund cannot fail', async () => {
  const sandbox = await charged('pm_refund_fails');
  await sandbox.refund('r', 'k');
  expect(await sandbox.failRefund('r')).toMatchObject({ status: 404, body: { code: 'not_found' } });
});

test('pm_refund_processing gets no answer, holds its amount, and is settled on request', async () => {
  const sandbox = await startSandbox({ holdMs: 20 });
  await sandbox.charge('k', 'pm_refund_processing');
  expect(await sandbox.refund('r', 'k')).toMatchObject({ status: 504, body: { code: 'no_answer' } });
  expect(await sandbox.refund('r', 'k')).toMatchObject({ status: 409, body: { code: 'refund_processing' } });
  expect(await sandbox.ask('/v1/refunds/r')).toMatchObject({ status: 200, body: { status: 'processing' } });
  const over = { amount_minor: 601 };
  expect(await sandbox.refund('more', 'k', over)).toMatchObject({ body: { code: 'refund_exceeds_charge' } });

  const settle = (key: string, outcome: string) => sandbox.post(`/v1/refunds/${key}/settle`, 'not-used', { outcome });
  expect(await settle('nobody', 'refunded')).toMatchObject({ status: 404 });
  expect(await settle('r', 'captured')).toMatchObject({ status: 422, body: { field: 'outcome' } });
  for (const _again of [1, 2]) expect(await settle('r', 'refunded')).toMatchObject({ body: { status: 'refunded' } });
  expect(await settle('r', 'failed')).toMatchObject({ status: 409, body: { code: 'already_settled' } });
  expect(await sandbox.refund('r', 'k')).toMatchObject({ status: 200, body: { status: 'refunded' } });
  expect(await sandbox.refund('more', 'k', over)).toMatchObject({ body: { code: 'refund_exceeds_charge' } });
  expect((await sandbox.ledger()).map((entry) => entry['state'])).toEqual(['captured', 'processing', 'refunded']);
  expect((await sandbox.events()).map((event) => event['type'])).toEqual(['charge.captured', 'refund.succeeded']);
});

test('a refund under way that fails gives its amount free', async () => {
  const sandbox = await startSandbox({ holdMs: 20 });
  await sandbox.charge('k', 'pm_refund_processing');
  await sandbox.refund('r', 'k', { amount_minor: 1_000 });
  await sandbox.post('/v1/refunds/r/settle', 'not-used', { outcome: 'failed' });
  expect(await sandbox.refund('r2', 'k', { amount_minor: 1_000 })).toMatchObject({ status: 504 });
});
