import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { orderWorkflowId, recoverWorkflowId } from '../../../src/workflows/contract.js';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, eventually, lettersOf, stockTrouble } from '../../support/end-state.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  const settings = { ...QUICK, RETRY_INITIAL_MS: '1500', FRAUD_REVIEW_ABOVE_MINOR: '100000' };
  shop = createShop((await stack.serve('api,worker', settings)).url);
});
afterAll(async () => stack?.close());

const cancel = (id: string) => shop.ask(id, 'cancel', { reason: 'asked by phone' });

/** An order whose run was terminated once it had this status. */
async function interrupted(method: string, status: string, quantity = 1): Promise<string> {
  const { order_id: id, ...rest } = aCheckout({ items: [{ sku: 'product-B', quantity }] }, method);
  await shop.post({ order_id: id, ...rest });
  await shop.until(id, [status]);
  await stack.client.workflow.getHandle(orderWorkflowId(id)).terminate('by an operator');
  return id;
}

test.each([
  ['in review', 'pm_ok', 'in_review', 30, []],
  ['between two tries to charge', 'pm_fail_99', 'reserved', 1, ['released']],
] as const)(
  'R31: an order that was interrupted %s is cancelled when someone asks for it, without waiting for the audit',
  async (_where, method, status, quantity, reservations) => {
    const id = await interrupted(method, status, quantity);
    const answers = await Promise.all([cancel(id), cancel(id)]);
    for (const answer of answers) expect([200, 202]).toContain(answer.status);
    const order = await shop.until(id, ['cancelled'], 10_000);
    expect(await endStateOf(stack, order)).toEqual({
      status: 'cancelled',
      reason: null,
      charges: [],
      refunds: 0,
      kept: 0,
      reservations,
    });
    expect((await cancel(id)).status).toBe(200);
    expect(await lettersOf(stack, id)).toEqual([]);
  },
);

test('R13: an order that was interrupted while its charge is unknown is cancelled by its recovery, and refunded once', async () => {
  const id = await interrupted('pm_processing', 'payment_unknown');
  const [letter] = await lettersOf(stack, id);
  // The recovery is running, and looks for the charge, when the cancel comes.
  expect((await shop.send(`/v1/dead-letters/${letter?.id}/redrive`, {}, {})).status).toBe(202);
  const runs = () => stack.client.workflow.getHandle(recoverWorkflowId(id)).describe();
  const { runId } = await eventually(runs, ({ status }) => status.name === 'RUNNING');
  const answer = await cancel(id);
  expect([answer.status, answer.body]).toMatchObject([202, { cancel_requested: true }]);
  await shop.until(id, ['cancelling'], 10_000);
  expect((await cancel(id)).status).toBe(202);
  await stack.settleAtGateway(`${id}:charge:1`, 'captured');
  const order = await shop.until(id, ['cancelled']);
  expect(await endStateOf(stack, order)).toMatchObject({ refunds: 1, kept: 0, reservations: ['released'] });
  const ended = await eventually(runs, ({ status }) => status.name === 'COMPLETED');
  expect(ended.runId).toBe(runId);
  expect(await lettersOf(stack, id)).toMatchObject([{ kind: 'payment_unknown', state: 'resolved' }]);
  expect(await stockTrouble(stack)).toEqual([]);
});
