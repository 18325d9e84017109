import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { orderWorkflowId } from '../../../src/workflows/contract.js';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, eventually, lettersOf, stockTrouble, trailOf } from '../../support/end-state.js';
import { runCommand } from '../../support/run-command.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const SETTINGS = { ...QUICK, RETRY_INITIAL_MS: '1500', GATEWAY_TIMEOUT_MS: '8000' };
const REASON = 'changed my mind';
/** What is reported about an order that was cancelled while its charge was in progress. */
const NEVER_CONFIRMED = [
  'order.created',
  'inventory.reserved',
  'order.cancelling',
  'refund.succeeded',
  'order.cancelled',
];

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker', SETTINGS)).url);
});
afterAll(async () => stack?.close());

const cancel = (id: string) => shop.ask(id, 'cancel', { reason: REASON });
const terminate = (id: string) => stack.client.workflow.getHandle(orderWorkflowId(id)).terminate('by an operator');

async function posted(method: string): Promise<string> {
  const checkout = aCheckout({}, method);
  await shop.post(checkout);
  return checkout.order_id;
}

/** An order whose charge is at the gateway now. */
async function charging(method: string): Promise<string> {
  const id = await posted(method);
  await shop.untilCharging(id);
  return id;
}

async function audit(): Promise<string> {
  const { output } = await runCommand(['audit'], {
    ...SETTINGS,
    DATABASE_URL: stack.databaseUrl,
    TEMPORAL_ADDRESS: stack.temporalAddress,
    TEMPORAL_NAMESPACE: stack.namespace,
    SANDBOX_URL: stack.sandboxUrl,
  });
  return output;
}

async function expectCancelled(id: string, withinMs?: number): Promise<void> {
  const order = await shop.until(id, ['cancelled'], withinMs);
  expect(order).toMatchObject({ cancel_requested: true, cancel_reason: REASON });
  expect(await endStateOf(stack, order)).toMatchObject({ refunds: 1, kept: 0 });
  expect(await stockTrouble(stack)).toEqual([]);
}

test('R13: an order whose cancel is accepted while its charge is in flight is never announced as confirmed', async () => {
  const id = await charging('pm_slow_2500');
  const answer = await cancel(id);
  expect([answer.status, answer.body]).toMatchObject([202, { cancel_requested: true, cancel_reason: REASON }]);
  await expectCancelled(id);
  expect((await trailOf(stack, id)).toSorted()).toEqual(NEVER_CONFIRMED.toSorted());
  expect(await stack.database.kysely.selectFrom('payments').where('order_id', '=', id).execute()).toEqual([]);
});

test('R38: an accepted cancel holds when the run that received it is terminated before its charge is answered', async () => {
  const id = await charging('pm_slow_2500');
  expect((await cancel(id)).status).toBe(202);
  await terminate(id);
  // The charge of the lost run is written down by its own activity, or looked up by the recovery.
  await eventually(audit, () => true);
  await expectCancelled(id);
  expect(await trailOf(stack, id)).not.toContain('order.confirmed');
});

test('R38: a cancel that is accepted when the run no longer exists and its charge is in progress holds', async () => {
  const ids = await Promise.all([200, 300, 400, 500].map((ms) => charging(`pm_slow_${ms}`)));
  await Promise.all(
    ids.map(async (id) => {
      await terminate(id);
      expect((await cancel(id)).status).toBe(202);
    }),
  );
  for (const id of ids) await expectCancelled(id);
});

test('R38: a cancel whose API dies before it signals a workflow is carried out anyway', async () => {
  const id = await charging('pm_slow_1500');
  await stack.database.kysely.insertInto('cancel_requests').values({ order_id: id, reason: REASON }).execute();
  await expectCancelled(id);
  expect(await trailOf(stack, id)).not.toContain('order.confirmed');
});

test('R38: a cancel of a confirmed order whose API dies before it starts anything is found by the audit', async () => {
  const { body } = await shop.post(aCheckout(), { Prefer: 'wait=30' });
  expect(body.status).toBe('confirmed');
  const requestedAt = new Date(Date.now() - 3_600_000);
  const request = { order_id: body.id, reason: REASON, requested_at: requestedAt };
  await stack.database.kysely.insertInto('cancel_requests').values(request).execute();
  expect(await audit()).toContain(`cancels-are-carried-out [${body.id}]`);
  await expectCancelled(body.id);
  await audit();
  expect((await lettersOf(stack, body.id)).filter(({ state }) => state === 'open')).toEqual([]);
});
