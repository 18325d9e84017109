import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { sql } from 'kysely';
import { createNoticeBook } from '../../src/adapters/postgres/events/notice-book.js';
import { createNoticeStore } from '../../src/adapters/postgres/events/notices.js';
import { createSmtpNotifier } from '../../src/adapters/smtp/notifier.js';
import { createOrderRequests } from '../../src/api/orders/order-requests.js';
import { noticeConsumerOf } from '../../src/commands/serve/notices.js';
import type { OutboxConsumer, OutboxEvent } from '../../src/relay/outbox-event.js';
import { noticeWorkflowId } from '../../src/workflows/contract.js';
import { eventually } from '../support/end-state.js';
import { openMailServer, type MailServer } from '../support/mail-server.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const EMAIL = 'ada@mail.example';
const FROM = 'The shop <shop@shop.example>';

let stack: Stack;
let mail: MailServer;
let shop: Shop;
let consumer: OutboxConsumer;
const closing: (() => void)[] = [];
beforeAll(async () => {
  [stack, mail] = await Promise.all([startStack(), openMailServer()]);
  // The tests are the relay; the process watches over what they hand to workflows.
  await sql`alter table order_events disable trigger order_events_to_outbox`.execute(stack.database.kysely);
  shop = createShop((await stack.serve('api,worker', { NOTIFIERS: 'smtp', SMTP_URL: mail.url, SMTP_FROM: FROM })).url);
  const notifier = createSmtpNotifier({ url: mail.url, from: FROM, shopName: 'The shop' });
  closing.push(() => notifier.close());
  const requests = createOrderRequests({ client: stack.client, deadlineMs: 10_000 });
  const ports = { notices: createNoticeStore(stack.database), notifiers: [notifier] };
  consumer = noticeConsumerOf(ports, createNoticeBook(stack.database), requests);
});
afterAll(async () => {
  for (const close of closing) close();
  await stack?.close();
  await mail?.close();
});
beforeEach(() => {
  mail.mails.length = 0;
  mail.object({});
});

/** A confirmed order, and the event of which its customer is told. */
async function confirmed(): Promise<OutboxEvent> {
  const { body } = await shop.post(aCheckout({ customer_email: EMAIL }), { Prefer: 'wait=30' });
  return { orderId: body.id, seq: 3, type: 'order.confirmed', createdAt: new Date().toISOString() };
}

const take = (event: OutboxEvent) => consumer.take(event, new AbortController().signal);
const noticesOf = (orderId: string) =>
  stack.database.kysely.selectFrom('notices').select(['state', 'attempts']).where('order_id', '=', orderId).execute();
const lettersOf = (orderId: string) =>
  stack.database.kysely.selectFrom('dead_letters').selectAll().where('order_id', '=', orderId).execute();
const refuse = async () => Promise.reject(new Error('away'));
const workflowOf = ({ orderId, seq }: OutboxEvent) =>
  stack.client.workflow.getHandle(noticeWorkflowId({ orderId, seq, channel: 'smtp' }));

/** As if nobody had looked for the workflows of an order's notices for a long time. */
async function letTimePass(orderId: string): Promise<void> {
  const { rowCount } = await stack.database.pool.query(
    'update notices set watch_at = now() where order_id = $1 and watch_at > now()',
    [orderId],
  );
  expect(rowCount).toBe(1);
}

const settledNoticesOf = (orderId: string) =>
  eventually(
    () => noticesOf(orderId),
    ([notice]) => notice?.state !== 'pending',
  );

test('a notice whose workflow an operator terminated is found and started again', async () => {
  const event = await confirmed();
  mail.object({ recipient: { code: 450, words: 'later' } });
  await take(event);
  await workflowOf(event).terminate('by mistake');
  mail.object({});
  await letTimePass(event.orderId);
  expect(await settledNoticesOf(event.orderId)).toMatchObject([{ state: 'sent' }]);
  expect(mail.mails).toMatchObject([{ to: [EMAIL] }]);
  const { rows } = await stack.database.pool.query('select 1 from notices where watch_at is not null');
  expect(rows).toEqual([]);
});

test('a notice whose workflow was lost before its first try is found too', async () => {
  const event = await confirmed();
  const ports = { notices: createNoticeStore(stack.database), notifiers: [{ channel: 'smtp', notify: refuse }] };
  const losing = { startNotice: async () => {} };
  await noticeConsumerOf(ports, createNoticeBook(stack.database), losing).take(event, AbortSignal.timeout(5_000));
  await letTimePass(event.orderId);
  expect(await settledNoticesOf(event.orderId)).toMatchObject([{ state: 'sent' }]);

  const held = await confirmed();
  await createNoticeBook(stack.database).hold({ orderId: held.orderId, seq: held.seq, channel: 'smtp' });
  expect(await noticesOf(held.orderId)).toMatchObject([{ state: 'pending', attempts: 0 }]);
  await letTimePass(held.orderId);
  expect(await settledNoticesOf(held.orderId)).toMatchObject([{ state: 'sent', attempts: 1 }]);
  expect(mail.mails).toHaveLength(2);
});

test('a redriven notice whose workflow was terminated goes on too, and its dead letter is resolved', async () => {
  const event = await confirmed();
  mail.object({ recipient: { code: 550, words: 'no' } });
  await take(event);
  const [letter] = await lettersOf(event.orderId);
  mail.object({ recipient: { code: 450, words: 'later' } });
  expect((await shop.send(`/v1/dead-letters/${letter?.id ?? ''}/redrive`, {}, {})).status).toBe(202);
  await workflowOf(event).terminate('by mistake');
  mail.object({});
  await letTimePass(event.orderId);
  expect(await settledNoticesOf(event.orderId)).toMatchObject([{ state: 'sent' }]);
  expect(await lettersOf(event.orderId)).toMatchObject([{ state: 'resolved' }]);
});

test('what is watched over and still has its workflow is left alone, and looked for again later', async () => {
  const event = await confirmed();
  mail.object({ recipient: { code: 450, words: 'later' } });
  await take(event);
  const { runId } = await workflowOf(event).describe();
  await letTimePass(event.orderId);
  const isWatched = () =>
    stack.database.pool.query(`select 1 from notices where order_id = $1 and watch_at > now() + interval '1 minute'`, [
      event.orderId,
    ]);
  await eventually(isWatched, ({ rowCount }) => rowCount === 1);
  mail.object({});
  expect((await workflowOf(event).describe()).runId).toBe(runId);
  expect(await workflowOf(event).result()).toBe('sent');
  expect(mail.mails).toHaveLength(1);
});
