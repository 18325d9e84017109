import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { createOrderMessages } from '../../src/temporal/order-messages.js';
import { DEFAULT_POLICY } from '../../src/domain/policy.js';
import { refundWorkflowId } from '../../src/workflows/contract.js';
import { startTimeSkipping, STARTING_MS } from '../support/time-skipping.js';

let environment: TestWorkflowEnvironment;
beforeAll(async () => {
  environment = await startTimeSkipping();
}, STARTING_MS);
afterAll(async () => environment?.teardown());

const AT_ONCE = 8;
const refundOf = (id: string) => ({ id, amountMinor: 1, reason: 'broken', restock: false, fingerprint: 'f' });

test('redrives of one refund at once are all accepted, whether its workflow is over or there never was one', async () => {
  const { client } = environment;
  const requests = createOrderMessages({ client, deadlineMs: 20_000 });
  for (let round = 0; round < 25; round += 1) {
    const refundId = `rf_${round}`;
    const redrive = () =>
      requests.tellRefund('order', refundOf(refundId), DEFAULT_POLICY, { kind: 'redrive', deadLetterId: 'dl_1' });
    await Promise.all(Array.from({ length: AT_ONCE }, redrive));
    await client.workflow.getHandle(refundWorkflowId(refundId)).terminate();
    await Promise.all(Array.from({ length: AT_ONCE }, redrive));

    const { events } = await client.workflow.getHandle(refundWorkflowId(refundId)).fetchHistory();
    const heard = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) => signal ?? []);
    expect(heard).toHaveLength(AT_ONCE);
  }
});
