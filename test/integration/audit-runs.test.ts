import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { auditOnce } from '../../src/activities/audit/audit.js';
import { auditLimits, type AuditPorts, type RunReader } from '../../src/activities/audit/audit-ports.js';
import { createOrderStore } from '../../src/adapters/postgres/orders/order-store.js';
import { createRunReader } from '../../src/temporal/run-lister.js';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import {
  cancelWorkflowId,
  CANCEL_SETTLED_ORDER,
  orderWorkflowId,
  PROCESS_ORDER,
  RECOVER_ORDER,
  recoverWorkflowId,
  REFUND_ORDER,
  refundWorkflowId,
} from '../../src/workflows/contract.js';
import { auditPortsOn, listening } from '../support/audit-ports.js';
import { anOrder } from '../support/orders.js';
import { plantOrder } from '../support/planted-orders.js';
import { newOrderId } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

let stack: Stack;
let runs: RunReader;
beforeAll(async () => {
  stack = await startStack();
  const { client } = stack;
  runs = createRunReader({ client, deadlineMs: 5_000, listDeadlineMs: 20_000, most: 10_000 });
});
afterAll(async () => stack?.close());

const HOUR = 3_600_000;
/** `COMMAND_TYPE_COMPLETE_WORKFLOW_EXECUTION` of Temporal's API. */
const COMPLETE_WORKFLOW = 4;

/** No one polls: what is started here stays as it is. */
const start = (workflowType: string, workflowId: string) =>
  stack.client.workflow.start(workflowType, { workflowId, taskQueue: 'nobody', args: [] });
const checkOut = (orderId: string) => start(PROCESS_ORDER, orderWorkflowId(orderId));

/** Checkouts that complete at once: a worker answers their only task by hand. */
async function endCheckouts(...orderIds: string[]): Promise<void> {
  const { client, namespace } = stack;
  for (const orderId of orderIds) {
    const taskQueue = { name: `ends-${orderId}` };
    const options = { workflowId: orderWorkflowId(orderId), taskQueue: taskQueue.name, args: [] };
    await client.workflow.start(PROCESS_ORDER, options);
    const { taskToken } = await client.withDeadline(Date.now() + 10_000, () =>
      client.workflowService.pollWorkflowTaskQueue({ namespace, taskQueue }),
    );
    const commands = [{ commandType: COMPLETE_WORKFLOW, completeWorkflowExecutionCommandAttributes: {} }];
    await client.workflowService.respondWorkflowTaskCompleted({ namespace, taskToken, commands });
  }
}

/** What Temporal lists lags behind what it did. */
async function listed(list: () => Promise<string[]>, orderId: string): Promise<void> {
  for (let tries = 0; !(await list()).includes(orderId); tries += 1) {
    if (tries > 100) throw new Error(`${orderId} is not listed`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function audit(grace = 0) {
  const recovered: string[] = [];
  const messenger: AuditPorts['messenger'] = {
    tell: async () => false,
    async recover(orderId) {
      recovered.push(orderId);
      await start(RECOVER_ORDER, recoverWorkflowId(orderId));
    },
  };
  const { ports } = auditPortsOn(stack.database, { runs, messenger });
  const observer = listening();
  const report = await auditOnce(ports, { ...auditLimits(DEFAULT_POLICY), runGraceMs: grace }, observer);
  return { report, recovered, lines: observer.lines.map(({ check, orderId }) => `${check} ${orderId}`) };
}
const lettersOf = (orderId: string) =>
  stack.database.kysely
    .selectFrom('dead_letters')
    .select(['kind', 'state', 'error_class'])
    .where('order_id', '=', orderId)
    .execute();

test.each(['with its stock reserved', 'before any step wrote its row'])(
  'R31: a checkout that was terminated %s is recovered once, and its letter resolved while the recovery runs',
  async (when) => {
    const hasRow = when === 'with its stock reserved';
    const orderId = hasRow ? await plantOrder(stack.database, 'reserved', '2 minutes') : newOrderId();
    const handle = await checkOut(orderId);
    await handle.terminate('by an operator');
    await listed(() => runs.endedBadly(HOUR), orderId);

    const first = await audit();
    expect(first.recovered).toEqual([orderId]);
    expect(first.lines).toContain(`no-run-ends-badly ${orderId}`);
    expect(await lettersOf(orderId)).toContainEqual({ kind: 'run', state: 'open', error_class: 'no-run-ends-badly' });

    const second = await audit();
    expect(second.recovered).toEqual([]);
    expect((await lettersOf(orderId)).filter(({ state }) => state === 'open')).toEqual([]);

    // What the recovery would do, so that the other tests have nothing to recover.
    await createOrderStore(stack.database).takeOverToRecover(anOrder({ orderId }), 'recovery');
    await stack.database.pool.query(`update orders set status = 'cancelled' where order_id = $1`, [orderId]);
  },
);

test('an order with an answer is not recovered, however its runs ended', async () => {
  const confirmed = await plantOrder(stack.database, 'confirmed');
  const cancel = await start(CANCEL_SETTLED_ORDER, cancelWorkflowId(confirmed));
  await cancel.terminate();
  await listed(() => runs.endedBadly(HOUR), confirmed);
  expect((await audit()).recovered).toEqual([]);
});

test('an order whose runs are all gone is recovered; one with any run open, or that moved just now, is not', async () => {
  const orphan = await plantOrder(stack.database, 'compensating', '2 minutes');
  const held = await plantOrder(stack.database, 'cancelling', '2 minutes');
  const young = await plantOrder(stack.database, 'reserved', '1 second');
  await start(CANCEL_SETTLED_ORDER, cancelWorkflowId(held));

  const { recovered, lines } = await audit(60_000);
  expect(recovered).toEqual([orphan]);
  expect(lines).toContain(`open-orders-have-a-run ${orphan}`);
  expect([await lettersOf(held), await lettersOf(young)]).toEqual([[], []]);
});

test('a checkout that has written nothing is reported, and left to its own run', async () => {
  const orderId = newOrderId();
  await checkOut(orderId);
  await listed(() => runs.checkingOut(0), orderId);
  expect(await runs.checkingOut(60_000)).not.toContain(orderId);

  const { recovered, lines } = await audit();
  expect(lines).toContain(`runs-have-an-order ${orderId}`);
  expect(recovered).not.toContain(orderId);
  expect(await lettersOf(orderId)).toEqual([{ kind: 'run', state: 'open', error_class: 'runs-have-an-order' }]);
});

test('a checkout that has ended, and whose row is missing, has a dead letter until the row is back', async () => {
  const orderId = newOrderId();
  const kept = await plantOrder(stack.database, 'confirmed');
  await endCheckouts(orderId, kept);
  await listed(() => runs.checkedOut(HOUR, 100), orderId);
  await listed(() => runs.checkedOut(HOUR, 100), kept);

  const first = await audit();
  expect(first.lines).toContain(`accepted-orders-have-a-row ${orderId}`);
  expect(first.lines).not.toContain(`accepted-orders-have-a-row ${kept}`);
  expect(first.recovered).toEqual([]);
  const letter = { kind: 'books', error_class: 'accepted-orders-have-a-row' };
  expect(await lettersOf(orderId)).toEqual([{ ...letter, state: 'open' }]);
  await audit();
  expect(await lettersOf(orderId)).toEqual([{ ...letter, state: 'open' }]);

  await createOrderStore(stack.database).takeOverToRecover(anOrder({ orderId }), 'by hand');
  await stack.database.pool.query(`update orders set status = 'cancelled' where order_id = $1`, [orderId]);
  await audit();
  expect(await lettersOf(orderId)).toContainEqual({ ...letter, state: 'resolved' });
});

test('of more completed checkouts than its limit it sees the newest, and others by chance', async () => {
  const ids = Array.from({ length: 6 }, () => newOrderId());
  for (const id of ids) {
    await endCheckouts(id);
    await listed(() => runs.checkedOut(HOUR, 100), id);
  }
  const seen = await runs.checkedOut(HOUR, 2);
  expect(seen.slice(0, 2)).toEqual(ids.slice(-2).toReversed());
  expect(seen.length).toBeLessThanOrEqual(4);
});

test('a refund is at work only while its own workflow is open, whatever runs for its order', async () => {
  const orderId = newOrderId();
  const refundId = `rf_${orderId}`;
  await checkOut(orderId);
  expect(await runs.isRefunding(refundId)).toBe(false);
  const handle = await start(REFUND_ORDER, refundWorkflowId(refundId));
  expect(await runs.isRefunding(refundId)).toBe(true);
  await handle.terminate();
  expect(await runs.isRefunding(refundId)).toBe(false);
});

test('other workflows, and runs that ended long ago, are not listed', async () => {
  const orderId = newOrderId();
  const foreign = await start('somethingElse', orderWorkflowId(orderId));
  await foreign.terminate();
  const ours = newOrderId();
  await (await checkOut(ours)).terminate();
  await listed(() => runs.endedBadly(HOUR), ours);
  expect(await runs.endedBadly(HOUR)).not.toContain(orderId);
  expect(await runs.endedBadly(0)).toEqual([]);
  expect(await runs.isRunning(newOrderId())).toBe(false);
});
