import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { Client, Connection, ScheduleNotFoundError } from '@temporalio/client';
import { AUDIT_SCHEDULE_ID, orderWorkflowId, SEARCH_ATTRIBUTES } from '../../src/workflows/contract.js';
import { eventually } from '../support/end-state.js';
import { startGrpcProxy, type GrpcProxy } from '../support/grpc-proxy.js';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { startMemoryTemporal, type MemoryTemporal } from '../support/memory-temporal.js';
import { aCheckout, createShop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const CREATED = 'Temporal lacked what orders need; it was created';
const NOT_CREATED = 'Temporal lacks what orders need, and it could not be created';

let temporal: MemoryTemporal;
let proxy: GrpcProxy;
let stack: Stack;
let api: HoldfastProcess;
let worker: HoldfastProcess;
beforeAll(async () => {
  temporal = await startMemoryTemporal();
  proxy = await startGrpcProxy(temporal.address);
  stack = await startStack({ temporalAddress: temporal.address });
  const quick = { TEMPORAL_ADDRESS: proxy.address, RETRY_INITIAL_MS: '100', AUDIT_INTERVAL_MS: '1000' };
  api = await stack.serve('api', quick);
  worker = await stack.serve('worker', quick);
});
afterEach(() => proxy.allow());
afterAll(async () => {
  await stack?.close();
  await proxy?.close();
  await temporal?.kill();
});

async function readiness({ internalUrl }: HoldfastProcess) {
  const response = await fetch(`${internalUrl}/readyz`);
  const { status, parts } = (await response.json()) as { status: string; parts?: { temporal?: string } };
  return { status, temporal: parts?.temporal };
}
const ready = (role: HoldfastProcess) =>
  eventually(
    () => readiness(role),
    ({ status }) => status === 'ready',
    60_000,
  );
const lines = (role: HoldfastProcess, text: string) =>
  role
    .output()
    .split('\n')
    .filter((line) => line.includes(text));

async function withTemporal<T>(work: (client: Client) => Promise<T>): Promise<T> {
  const connection = await Connection.connect({ address: temporal.address });
  try {
    return await work(new Client({ connection, namespace: stack.namespace }));
  } finally {
    await connection.close();
  }
}
const scheduleExists = () =>
  withTemporal(async (client) => {
    try {
      await client.schedule.getHandle(AUDIT_SCHEDULE_ID).describe();
      return true;
    } catch (error) {
      if (error instanceof ScheduleNotFoundError) return false;
      throw error;
    }
  });

test('a server that comes back empty gets all that orders need, and open orders are taken over', async () => {
  const shop = createShop(api.url);
  const open = aCheckout({}, 'pm_processing');
  await shop.post(open);
  await shop.until(open.order_id, ['payment_unknown']);

  await temporal.kill();
  await eventually(
    () => readiness(worker),
    ({ status }) => status === 'not ready',
  );
  await temporal.start();
  await Promise.all([api, worker].map(ready));
  const { customAttributes } = await withTemporal((client) =>
    client.connection.operatorService.listSearchAttributes({ namespace: stack.namespace }),
  );
  expect(Object.keys(customAttributes ?? {})).toEqual(expect.arrayContaining(Object.keys(SEARCH_ATTRIBUTES)));
  expect(await scheduleExists()).toBe(true);
  const repairs = [api, worker].map((role) => lines(role, CREATED).filter((line) => line.includes(stack.namespace)));
  expect(repairs.flat().length).toBeGreaterThan(0);
  for (const ofRole of repairs) expect(ofRole.length).toBeLessThanOrEqual(1);

  const declined = aCheckout({}, 'pm_declined');
  expect((await shop.post(declined)).status).toBe(202);
  // A worker's polls that met no namespace are repeated after pauses.
  await shop.until(declined.order_id, ['failed'], 120_000);
  const { status } = await withTemporal((client) =>
    eventually(
      () => client.workflow.getHandle(orderWorkflowId(declined.order_id)).describe(),
      ({ status: { name } }) => name !== 'RUNNING',
    ),
  );
  expect(status.name).toBe('COMPLETED');

  // For the audit it has not moved for long enough.
  await stack.database.pool.query(`update orders set updated_at = now() - interval '2 minutes' where order_id = $1`, [
    open.order_id,
  ]);
  await stack.settleAtGateway(`${open.order_id}:charge:1`, 'captured');
  await shop.until(open.order_id, ['confirmed'], 60_000);
  const keys = (await stack.ledger(open.order_id)).map(({ key }) => key);
  expect(new Set(keys)).toEqual(new Set([`${open.order_id}:charge:1`]));
}, 300_000);

test('an audit schedule that was deleted is reported by name, and created again as soon as possible', async () => {
  await Promise.all([api, worker].map(ready));
  proxy.refuse('CreateSchedule');
  await withTemporal((client) => client.schedule.getHandle(AUDIT_SCHEDULE_ID).delete());
  const answer = await eventually(
    () => readiness(worker),
    ({ status }) => status === 'not ready',
  );
  expect(answer).toEqual({ status: 'not ready', temporal: 'missing: audit schedule' });
  await eventually(
    async () => lines(worker, NOT_CREATED),
    (found) => found.length > 0,
  );
  // It is the worker's.
  expect(await readiness(api)).toMatchObject({ status: 'ready' });

  proxy.allow();
  await ready(worker);
  expect(await scheduleExists()).toBe(true);
}, 120_000);

test('without the right to create namespaces nothing ends: not ready, by name, until it is created', async () => {
  await Promise.all([api, worker].map(ready));
  proxy.refuse('RegisterNamespace');
  await temporal.kill();
  await temporal.start();
  for (const role of [api, worker]) {
    const answer = await eventually(
      () => readiness(role),
      ({ temporal: said }) => said?.includes('missing') === true,
    );
    expect(answer.temporal).toContain(
      `missing: namespace ${stack.namespace}, search attribute OrderOutcome, search attribute OrderTotal`,
    );
  }
  const refused = await createShop(api.url).post(aCheckout());
  expect(refused).toMatchObject({ status: 503, body: { code: 'unavailable', dependency: 'temporal' } });
  const late = stack.serve('worker', { TEMPORAL_ADDRESS: proxy.address });
  await new Promise((resolve) => setTimeout(resolve, 5_000));
  const [line = ''] = await eventually(
    async () => lines(worker, NOT_CREATED).filter((found) => found.includes('namespace')),
    (found) => found.length > 0,
  );
  expect(line).toContain('Request unauthorized');

  await withTemporal((client) =>
    client.workflowService.registerNamespace({
      namespace: stack.namespace,
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    }),
  );
  await late;
  await Promise.all([api, worker].map(ready));
  const checkout = aCheckout();
  expect((await createShop(api.url).post(checkout)).status).toBe(202);
  await createShop(api.url).until(checkout.order_id, ['confirmed']);
}, 180_000);
