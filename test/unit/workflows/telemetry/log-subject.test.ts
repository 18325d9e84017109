import { expect, it } from '@jest/globals';
import type { WorkflowExecuteInput, WorkflowInterceptors } from '@temporalio/workflow';
import { interceptors } from '../../../../src/workflows/telemetry/log-subject.js';

/** What a line of a workflow that was started with these arguments says, beside its own fields. */
async function attributesOf({ inbound = [], outbound = [] }: WorkflowInterceptors, args: unknown[]) {
  const input: WorkflowExecuteInput = { args, headers: {} };
  expect(await inbound[0]?.execute?.(input, async () => 'result')).toBe('result');
  return outbound[0]?.getLogAttributes?.({ workflowId: 'order-1' }, (attributes) => attributes);
}

it('names order and request on each line about a workflow, beside what the line says', async () => {
  const order = { orderId: '1', requestId: 'request-1', customerEmail: 'someone@example.com' };
  expect(await attributesOf(interceptors(), [order])).toEqual({
    workflowId: 'order-1',
    order_id: '1',
    request_id: 'request-1',
  });
});

it('keeps the workflows of one worker apart', async () => {
  const [one, other] = [interceptors(), interceptors()];
  await attributesOf(one, [{ orderId: '1' }]);
  expect(await attributesOf(other, [])).toEqual({ workflowId: 'order-1' });
});
