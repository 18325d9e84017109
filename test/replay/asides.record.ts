import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEFAULT_POLICY, type OrderPolicy } from '../../src/domain/policy.js';
import {
  AUDIT_BOOKS,
  deliveryWorkflowId,
  noticeWorkflowId,
  orderWorkflowId,
  PROCESS_ORDER,
  TASK_QUEUE,
} from '../../src/workflows/contract.js';
import { eventually, lettersOf } from '../support/end-state.js';
import { startNoticeRelay, type NoticeRelay } from '../support/notice-relay.js';
import { anAcceptedOrder } from '../support/order-rows.js';
import { aCheckout } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { answersWith, startReceiver } from '../support/webhook-receiver.js';
import { createWebhookDesk } from '../support/webhooks.js';
import { createRecorder, type Recorder } from './kept-history.js';
import { createShop, type Shop } from '../support/shop.js';

let stack: Stack;
let shop: Shop;
let recorder: Recorder;
let url: string;
beforeAll(async () => {
  stack = await startStack();
  ({ url } = await stack.serve('api,worker', { WEBHOOK_RETRY_DELAYS_S: '1,1,60', WEBHOOK_ALLOW_PRIVATE: 'true' }));
  shop = createShop(url);
  recorder = createRecorder(stack.client);
});
afterAll(async () => stack?.close());

const press = (letter: string) => shop.send(`/v1/dead-letters/${letter}/redrive`, {}, {});

test.each([
  ['undo', 'insert', 'stock_movements', `new.kind = 'release'`],
  ['end', 'update', 'orders', `new.status = 'failed'`],
])('an order whose %s keeps failing', async (what, action, table, when) => {
  const { pool } = stack.database;
  await pool.query(`
    create or replace function refuse() returns trigger language plpgsql as $$ begin raise exception 'no'; end $$;
    create trigger refuse before ${action} on ${table} for each row when (${when}) execute function refuse()`);
  const policy: OrderPolicy = { ...DEFAULT_POLICY, undoAlarmMs: 1_000 };
  const order = anAcceptedOrder({ paymentMethod: 'pm_declined', customerId: 'customer-1' });
  const workflowId = orderWorkflowId(order.orderId);
  await stack.client.workflow.start(PROCESS_ORDER, { workflowId, taskQueue: TASK_QUEUE, args: [order, policy] });
  const [letter] = await eventually(
    () => lettersOf(stack, order.orderId),
    (letters) => letters.length === 1,
  );
  await recorder.open(`process-order-its-${what}-keeps-failing`, workflowId);
  expect((await press(letter?.id ?? '')).status).toBe(202);
  await recorder.open(`process-order-its-${what}-keeps-failing-after-a-redrive`, workflowId);
  await pool.query(`drop trigger refuse on ${table}`);
  expect((await press(letter?.id ?? '')).status).toBe(202);
  await recorder.closed(`process-order-its-${what}-failed-for-a-while`, workflowId);
});

test('a delivery that is tried again', async () => {
  const desk = createWebhookDesk(url);
  const receiver = await startReceiver();
  try {
    receiver.answer(answersWith(500));
    await desk.create(receiver.url, ['order.confirmed']);
    const { body } = await shop.post(aCheckout(), { Prefer: 'wait=30' });
    const [delivery] = await desk.until(`order_id=${body.id}`, ([one]) => one?.attempts.length === 3);
    const workflowId = deliveryWorkflowId(delivery?.id ?? '', 0);
    await recorder.open('deliver-event-waits-for-its-next-try', workflowId);
    await stack.client.workflow.getHandle(workflowId).terminate();

    const other = await shop.post(aCheckout(), { Prefer: 'wait=30' });
    const query = `order_id=${other.body.id}`;
    const [again] = await desk.until(query, ([one]) => one?.attempts.length === 2);
    receiver.answer(answersWith(204));
    await desk.until(query, ([one]) => one?.state === 'delivered');
    await recorder.closed('deliver-event-after-two-retries', deliveryWorkflowId(again?.id ?? '', 0));
  } finally {
    await receiver.close();
  }
});

test('an audit', async () => {
  const options = { workflowId: 'audit-to-record', taskQueue: TASK_QUEUE, args: [DEFAULT_POLICY] };
  await stack.client.workflow.start(AUDIT_BOOKS, options);
  await recorder.closed('audit-books', options.workflowId);
});

test('a notice that is not accepted at the first try', async () => {
  const relay: NoticeRelay = await startNoticeRelay({ NOTIFIERS: 'smtp' });
  try {
    const kept = createRecorder(relay.stack.client);
    const held = async () => {
      const { body } = await relay.shop.post(aCheckout({ customer_email: 'ada@mail.example' }), { Prefer: 'wait=30' });
      const event = { orderId: body.id, seq: 3, type: 'order.confirmed', createdAt: new Date().toISOString() };
      relay.mail.object({ recipient: { code: 450, words: 'later' } });
      await relay.take(event);
      return noticeWorkflowId({ orderId: body.id, seq: 3, channel: 'smtp' });
    };
    const sent = await held();
    await eventually(
      () =>
        kept.open('send-notice-waits-for-its-next-try', sent).then(
          () => true,
          () => false,
        ),
      Boolean,
    );
    relay.mail.object({});
    await kept.closed('send-notice-sent', sent);

    const given = await held();
    await relay.stack.client.workflow.getHandle(given).cancel();
    await kept.closed('send-notice-given-up', given);
  } finally {
    await relay.close();
  }
});
