import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { gatewayEventWorkflowId, orderWorkflowId, refundWorkflowId } from '../../../src/workflows/contract.js';
import { endStateOf, eventually, lettersOf, stockTrouble } from '../../support/end-state.js';
import type { HoldfastProcess } from '../../support/holdfast-process.js';
import { runCommand } from '../../support/run-command.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../../support/shop.js';
import { anEvent, inboxOf, newSecret, postEvent } from '../../support/signed-events.js';
import { startStack, type Stack } from '../../support/stack.js';

const secret = newSecret();
const SETTINGS = { GATEWAY_TIMEOUT_MS: '300', BREAKER_FAILURES: '1000', SANDBOX_EVENT_SECRETS: secret };

let stack: Stack;
let api: HoldfastProcess;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  api = await stack.serve('api,worker', SETTINGS);
  shop = createShop(api.url);
});
afterAll(async () => stack?.close());

/** @returns what it printed */
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

/** A refund with restock that its workflow has just begun, and that workflow. */
async function begunRefund(method: string) {
  const { body: order } = await shop.post(aCheckout({}, method), { Prefer: 'wait=30' });
  const ask = { reason: 'broken', restock: true };
  const { status, body } = await shop.ask(order.id, 'refunds', ask, { 'Idempotency-Key': order.id });
  expect(status).toBe(202);
  return { id: order.id, refundId: body.id, handle: stack.client.workflow.getHandle(refundWorkflowId(body.id)) };
}

const age = (refundId: string) =>
  stack.database.kysely
    .updateTable('refunds')
    .set({ created_at: new Date(Date.now() - 7_200_000), updated_at: new Date(Date.now() - 7_200_000) })
    .where('refund_id', '=', refundId)
    .execute();

async function expectRefunded(id: string): Promise<void> {
  const order = await eventually(
    async () => (await shop.get(id)).body,
    ({ refunds }) => refunds[0]?.state === 'succeeded',
  );
  await eventually(
    () => endStateOf(stack, order),
    ({ reservations }) => reservations[0] === 'restocked',
  );
  expect(await endStateOf(stack, order)).toMatchObject({ status: 'confirmed', refunds: 1, kept: 0 });
  await audit();
  expect((await lettersOf(stack, id)).filter(({ state }) => state === 'open')).toEqual([]);
  expect(await stockTrouble(stack)).toEqual([]);
}

test('R31: a refund whose workflow was terminated before the gateway answered is sent by the audit, and restocked', async () => {
  const { id, refundId, handle } = await begunRefund('pm_refund_processing');
  await handle.terminate('by mistake');
  const key = `${id}:refund:${refundId}:1`;
  await age(refundId);
  expect(await audit()).toContain('refunds-end');
  await eventually(
    async () => (await handle.describe()).status.name,
    (name) => name === 'RUNNING',
  );
  await eventually(
    async () => (await stack.ledger(id)).filter(({ type }) => type === 'refund').length,
    (count) => count === 1,
  );
  await stack.settleRefundAtGateway(key, 'refunded');
  await expectRefunded(id);
});

test('R31: a refund that is unknown, as its dead letter says, and whose workflow was terminated is settled by the audit', async () => {
  const { id, refundId, handle } = await begunRefund('pm_refund_processing');
  await eventually(
    () => lettersOf(stack, id),
    (letters) => letters.some(({ kind, state }) => kind === 'refund' && state === 'open'),
  );
  await handle.terminate('by mistake');
  await stack.settleRefundAtGateway(`${id}:refund:${refundId}:1`, 'refunded');
  await age(refundId);
  expect(await audit()).toContain('refunds-end');
  await expectRefunded(id);
});

test('R31: a refund that went back, and whose workflow ended before the goods did, is restocked by the audit', async () => {
  const { id, refundId, handle } = await begunRefund('pm_refund_processing');
  await eventually(
    async () => (await stack.ledger(id)).filter(({ type }) => type === 'refund').length,
    (count) => count === 1,
  );
  await handle.terminate('by mistake');
  await stack.settleRefundAtGateway(`${id}:refund:${refundId}:1`, 'refunded');
  await stack.database.kysely
    .updateTable('refunds')
    .set({ state: 'succeeded', reference: 're_1' })
    .where('refund_id', '=', refundId)
    .execute();
  await age(refundId);
  expect(await audit()).toContain('refunds-restock');
  await expectRefunded(id);
});

test('R21: a message whose workflow was terminated is worked on by another one, which the audit starts', async () => {
  const id = newOrderId();
  const event = anEvent('charge.captured', id);
  expect(await postEvent(api.url, event, { secret })).toBe(200);
  // Its order is not known yet, so a workflow tries again.
  const handle = stack.client.workflow.getHandle(gatewayEventWorkflowId('sandbox', event.id));
  await eventually(
    () =>
      handle.terminate('by mistake').then(
        () => true,
        () => false,
      ),
    (isDone) => isDone,
  );
  await shop.post(aCheckout({ order_id: id }));
  await shop.until(id, ['confirmed']);
  await stack.database.pool.query(`update gateway_events set received_at = now() - interval '11 minutes'`);
  expect(await audit()).toContain('gateway-events-are-processed');
  await eventually(
    () => inboxOf(stack, id),
    ([row]) => row?.processed_at !== null,
  );
});

test.each([
  ['declined', { reason: 'payment_declined', detail: 'card_declined' }],
  ['captured', null],
])('R31: an order whose run was terminated before the gateway said "%s" ends by that', async (outcome, failure) => {
  const { order_id: id, ...checkout } = aCheckout({}, 'pm_processing');
  await shop.post({ order_id: id, ...checkout });
  await shop.until(id, ['payment_unknown']);
  await stack.client.workflow.getHandle(orderWorkflowId(id)).terminate('by mistake');
  await stack.settleAtGateway(`${id}:charge:1`, outcome);
  await stack.database.pool.query(
    `update orders set updated_at = now() - interval '2 minutes' where order_id = '${id}'`,
  );
  await audit();
  const order = await shop.until(id, ['failed', 'confirmed']);
  expect(order.failure).toEqual(failure === null ? null : { step: 'charge', ...failure });
  // After a decline the customer pays again under a new order: no one is asked to redrive it.
  await audit();
  expect((await lettersOf(stack, id)).filter(({ state }) => state === 'open')).toEqual([]);
});
