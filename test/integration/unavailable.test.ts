import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import type { PoolClient } from 'pg';
import { eventually } from '../support/end-state.js';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { aCheckout, createShop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

let stack: Stack;
let holdfast: HoldfastProcess;
let admin: PoolClient;
let line: TcpProxy;
beforeAll(async () => {
  stack = await startStack();
  admin = await stack.database.pool.connect();
  line = await startTcpProxy(stack.temporalAddress);
  holdfast = await stack.serve('api,worker', { TEMPORAL_DEADLINE_MS: '3000' });
});
afterEach(() => setReadOnly('off'));
afterEach(() => line.heal());
afterAll(async () => {
  admin?.release();
  await stack?.close();
  await line?.close();
});

/** As after a fail-over: new connections find a server that refuses writes, and the old ones are cut. */
async function setReadOnly(value: 'on' | 'off'): Promise<void> {
  const { pathname } = new URL(stack.databaseUrl);
  await admin.query(`alter database ${pathname.slice(1)} set default_transaction_read_only = ${value}`);
  await admin.query(
    'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
  );
}

async function readiness() {
  const response = await fetch(`${holdfast.internalUrl}/readyz`);
  return { status: response.status, body: (await response.json()) as object };
}

test('a database that takes no writes is not ready, by name, and ready again when it does', async () => {
  expect((await readiness()).status).toBe(200);
  await setReadOnly('on');
  const answer = await eventually(readiness, ({ status }) => status === 503);
  expect(answer.body).toEqual({
    status: 'not ready',
    parts: { database: 'read-only', temporal: 'ok', worker: 'ok' },
  });
  await setReadOnly('off');
  await eventually(readiness, ({ status }) => status === 200);
});

async function confirmedOrder({ url }: HoldfastProcess) {
  const shop = createShop(url);
  const checkout = aCheckout();
  const { order_id } = checkout;
  // Connections that were cut before are found out one by one.
  await eventually(
    () => shop.post(checkout),
    ({ status }) => status !== 503,
  );
  await shop.until(order_id, ['confirmed']);
  return (action: string, body: object) => shop.ask(order_id, action, body, { 'Idempotency-Key': 'k' });
}

const ACTIONS: [string, object][] = [
  ['refunds', { amount_minor: 100, reason: 'x' }],
  ['fulfilment', {}],
  ['cancel', { reason: 'x' }],
];

test.each(ACTIONS)(
  'while the database takes no writes, a request for %s is answered 503 and names it; it is taken afterwards',
  async (action, body) => {
    const ask = await confirmedOrder(holdfast);
    await setReadOnly('on');
    await eventually(readiness, ({ status }) => status === 503);
    const refused = await ask(action, body);
    expect(refused.status).toBe(503);
    expect(refused.body).toMatchObject({ code: 'unavailable', dependency: 'database' });
    expect(refused.body.detail).toContain('The database is unavailable.');

    await setReadOnly('off');
    const taken = await eventually(
      () => ask(action, body),
      ({ status }) => status !== 503,
    );
    expect(taken.status).toBeLessThan(300);
  },
);

describe('with an API and a worker of their own', () => {
  let api: HoldfastProcess;
  let worker: HoldfastProcess;
  beforeAll(async () => {
    api = await stack.serve('api', { TEMPORAL_ADDRESS: line.address, TEMPORAL_DEADLINE_MS: '1500' });
    worker = await stack.serve('worker');
  });

  test('a request that Temporal does not answer names Temporal, one that no worker answers names the worker', async () => {
    await holdfast.stop();
    const ask = await confirmedOrder(api);
    line.cut();
    const [refunds, body] = ['refunds', { amount_minor: 100, reason: 'x' }];
    expect((await ask(refunds, body)).body).toMatchObject({ code: 'unavailable', dependency: 'temporal' });
    line.heal();
    await worker.stop();
    const refused = await eventually(
      () => ask(refunds, body),
      ({ body: answer }) => !answer.detail?.includes('workflow engine'),
    );
    expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable', dependency: 'worker' } });
    expect(refused.body.detail).toContain('No worker answered in time.');
  });
});
