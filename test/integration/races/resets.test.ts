import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { cancelWorkflowId, orderWorkflowId } from '../../../src/workflows/contract.js';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, eventually, stockTrouble, type EndState } from '../../support/end-state.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const SETTINGS = { ...QUICK, GATEWAY_TIMEOUT_MS: '500', FRAUD_REVIEW_ABOVE_MINOR: '100000' };

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker', SETTINGS)).url);
});
afterAll(async () => stack?.close());

/** Does what an operator does with `temporal workflow reset --type FirstWorkflowTask`. */
async function reset(workflowId: string): Promise<void> {
  const { workflowService } = stack.client;
  const handle = stack.client.workflow.getHandle(workflowId);
  const { runId } = await handle.describe();
  const firstTask = async () =>
    (await handle.fetchHistory()).events?.find((event) => event.workflowTaskCompletedEventAttributes);
  // The database may show what the task has done before Temporal has the task.
  const first = await eventually(firstTask, (event) => event !== undefined);
  await workflowService.resetWorkflowExecution({
    namespace: stack.namespace,
    workflowExecution: { workflowId, runId },
    reason: 'by an operator',
    requestId: `reset-${workflowId}`,
    workflowTaskFinishEventId: first?.eventId ?? null,
  });
}

interface Scene {
  method: string;
  quantity?: number;
  /** The status in which it waits, and is reset. */
  status: string;
  /** What leads there after the checkout. */
  begin?: (id: string) => Promise<unknown>;
  workflowIdOf?: (id: string) => string;
  /** What makes it go on. */
  resume: (id: string) => Promise<unknown>;
  ended: Partial<EndState>;
}

const cancel = (id: string) => shop.ask(id, 'cancel', { reason: 'asked' });
const settleRefund = async (id: string) => {
  const refunds = () =>
    stack.database.kysely
      .selectFrom('refunds')
      .select(['idempotency_key', 'state'])
      .where('order_id', '=', id)
      .execute();
  const [refund] = await eventually(refunds, (all) => all[0]?.state === 'unknown');
  await stack.settleRefundAtGateway(refund?.idempotency_key ?? '', 'refunded');
};

const SCENES: Record<string, Scene> = {
  'waits for a review': {
    method: 'pm_ok',
    quantity: 30,
    status: 'in_review',
    resume: (id) => shop.ask(id, 'review', { decision: 'approve' }),
    ended: { status: 'confirmed', refunds: 0 },
  },
  'waits for its next try to charge': {
    method: 'pm_fail_99',
    status: 'reserved',
    resume: cancel,
    ended: { status: 'cancelled', kept: 0, charges: [] },
  },
  'has a charge whose outcome is unknown': {
    method: 'pm_processing',
    status: 'payment_unknown',
    resume: (id) => stack.settleAtGateway(`${id}:charge:1`, 'captured'),
    ended: { status: 'confirmed', refunds: 0, reservations: ['committed'] },
  },
  'is cancelled while its charge is unknown': {
    method: 'pm_processing',
    status: 'cancelling',
    begin: async (id) => {
      await shop.until(id, ['payment_unknown']);
      await cancel(id);
    },
    resume: (id) => stack.settleAtGateway(`${id}:charge:1`, 'captured'),
    ended: { status: 'cancelled', refunds: 1, kept: 0, reservations: ['released'] },
  },
  'is cancelled after its confirmation': {
    method: 'pm_refund_processing',
    status: 'cancelling',
    begin: async (id) => {
      await shop.until(id, ['confirmed']);
      await cancel(id);
    },
    workflowIdOf: cancelWorkflowId,
    resume: settleRefund,
    ended: { status: 'cancelled', refunds: 1, kept: 0, reservations: ['restocked'] },
  },
};

test.each(Object.entries(SCENES))(
  'R31: an order that %s continues when its workflow is reset',
  async (_name, { method, quantity = 1, status, begin, workflowIdOf = orderWorkflowId, resume, ended }) => {
    const checkout = aCheckout({ items: [{ sku: 'product-B', quantity }] }, method);
    const id = checkout.order_id;
    await shop.post(checkout);
    await begin?.(id);
    await shop.until(id, [status]);
    await reset(workflowIdOf(id));
    const handle = stack.client.workflow.getHandle(workflowIdOf(id));
    expect((await handle.describe()).status.name).toBe('RUNNING');
    await resume(id);
    const order = await shop.until(id, [ended.status ?? '']);
    expect(await endStateOf(stack, order)).toMatchObject(ended);
    expect(await handle.result()).toEqual(expect.objectContaining({ status: ended.status }));
    expect(await stockTrouble(stack)).toEqual([]);
  },
);
