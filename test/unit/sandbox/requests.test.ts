import { expect, test } from '@jest/globals';
import { createSandbox } from '../../../src/sandbox/app.js';
import { memoryLedger } from '../../../src/sandbox/ledger.js';
import { chargeOf, refundOf } from './client.js';

const app = createSandbox({ ledger: memoryLedger() });

async function post(path: string, body: unknown, headers: Record<string, string> = {}) {
  const response = await app.request(path, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  });
  const answer: unknown = await response.json();
  return { status: response.status, body: answer };
}

test.each([
  ['order_id', ''],
  ['order_id', 7],
  ['order_id', 'x'.repeat(256)],
  ['amount_minor', 0],
  ['amount_minor', -1],
  ['amount_minor', 1.5],
  ['amount_minor', '1000'],
  ['amount_minor', 2 ** 53],
  ['currency', 'eur'],
  ['currency', 'EURO'],
  ['method', undefined],
])('a charge whose %s is %j is refused with the field', async (field, value) => {
  expect(await post('/v1/charges', { ...chargeOf('pm_ok'), [field]: value })).toMatchObject({
    status: 422,
    body: { code: 'invalid_request', field },
  });
});

test.each([
  ['charge_key', null],
  ['order_id', undefined],
  ['amount_minor', 0],
  ['currency', 'E'],
])('a refund whose %s is %j is refused with the field', async (field, value) => {
  expect(await post('/v1/refunds', { ...refundOf('k'), [field]: value })).toMatchObject({
    status: 422,
    body: { field },
  });
});

test.each(['[]', 'null', '"text"'])('the body %s is refused', async (body) => {
  expect((await post('/v1/charges', body)).status).toBe(422);
});

test('a body that is not JSON is refused', async () => {
  expect(await post('/v1/charges', '{"order_id":')).toMatchObject({ status: 400, body: { code: 'invalid_json' } });
});

test('a body that does not say it is JSON is refused', async () => {
  const answer = await post('/v1/charges', chargeOf('pm_ok'), { 'content-type': 'text/plain' });
  expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } });
});

test('a body beyond 16 KiB is refused', async () => {
  const body = { ...chargeOf('pm_ok'), note: 'x'.repeat(20_000) };
  expect(await post('/v1/charges', body)).toMatchObject({ status: 413, body: { code: 'body_too_large' } });
});

test.each(['', 'with space', 'x'.repeat(256)])('the idempotency key "%s" is refused', async (key) => {
  expect(await post('/v1/charges', chargeOf('pm_ok'), { 'idempotency-key': key })).toMatchObject({
    status: 400,
    body: { code: 'idempotency_key_missing' },
  });
});

test('fields that are not known are left out of the ledger', async () => {
  const ledger = memoryLedger();
  const own = createSandbox({ ledger });
  await own.request('/v1/charges', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify({ ...chargeOf('pm_ok'), card: '4242' }),
  });
  expect(JSON.stringify(ledger.entries())).not.toContain('4242');
});

test('a key with reserved characters is found again', async () => {
  const key = 'a/b:c?d#e%f';
  expect((await post('/v1/charges', chargeOf('pm_ok'), { 'idempotency-key': key })).status).toBe(200);
  expect((await app.request(`/v1/charges/${encodeURIComponent(key)}`)).status).toBe(200);
});

test('a missing route is distinguished from a missing charge', async () => {
  expect(await (await app.request('/v2/charges/k')).json()).toMatchObject({ code: 'route_not_found' });
  expect(await (await app.request('/v1/charges/nobody')).json()).toMatchObject({ code: 'not_found' });
});

test('a fault of the ledger is answered 500 and reported', async () => {
  const faults: unknown[] = [];
  const full = new Error('disk full');
  const ledger = { ...memoryLedger(), append: () => Promise.reject(full) };
  const broken = createSandbox({ ledger, onFault: (error) => faults.push(error) });
  const response = await broken.request('/v1/charges', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify(chargeOf('pm_ok')),
  });
  expect(response.status).toBe(500);
  expect(faults).toEqual([full]);
  expect((await broken.request('/v1/charges/k')).status).toBe(404);
});

test('a held request ends when its client disconnects', async () => {
  const client = new AbortController();
  const held = createSandbox({ ledger: memoryLedger(), holdMs: 300_000 }).request('/v1/charges', {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'idempotency-key': 'k' },
    body: JSON.stringify(chargeOf('pm_timeout_before')),
    signal: client.signal,
  });
  setTimeout(() => client.abort(), 20);
  expect((await held).status).toBe(504);
});

test('healthz answers ok', async () => {
  expect(await (await app.request('/healthz')).json()).toEqual({ status: 'ok' });
});
