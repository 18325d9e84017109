import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createNoticeWatchStore } from '../../src/adapters/postgres/events/notice-watch-store.js';
import { createNoticeStore } from '../../src/adapters/postgres/events/notice-store.js';
import { noticeConsumerOf } from '../../src/commands/serve/notifier-wiring.js';
import type { OutboxEvent } from '../../src/relay/outbox-event.js';
import { eventually } from '../support/end-state.js';
import { aCheckout } from '../support/shop.js';
import { startNoticeRelay, type NoticeRelay } from '../support/notice-relay.js';

const EMAIL = 'ada@mail.example';

let relay: NoticeRelay;
let stack: NoticeRelay['stack'];
let mail: NoticeRelay['mail'];
let shop: NoticeRelay['shop'];
beforeAll(async () => {
  relay = await startNoticeRelay({ NOTIFIERS: 'smtp' });
  ({ stack, mail, shop } = relay);
});
afterAll(async () => relay?.close());
beforeEach(() => {
  mail.mails.length = 0;
  mail.object({});
});

/** A confirmed order, and the event of which its customer is told. */
async function confirmed(): Promise<OutboxEvent> {
  const { body } = await shop.post(aCheckout({ customer_email: EMAIL }), { Prefer: 'wait=30' });
  return { orderId: body.id, seq: 3, type: 'order.confirmed', createdAt: new Date().toISOString() };
}

const refuse = async () => Promise.reject(new Error('away'));

/** As if no one had looked for the workflows of an order's notices for a long time. */
async function letTimePass(orderId: string): Promise<void> {
  const { rowCount } = await stack.database.pool.query(
    'update notices set watch_at = now() where order_id = $1 and watch_at > now()',
    [orderId],
  );
  expect(rowCount).toBe(1);
}

const settledNoticesOf = (orderId: string) =>
  eventually(
    () => relay.noticesOf(orderId),
    ([notice]) => notice?.state !== 'pending',
  );

test('a notice whose workflow an operator terminated is found and started again', async () => {
  const event = await confirmed();
  mail.object({ recipient: { code: 450, words: 'later' } });
  await relay.take(event);
  await relay.workflowOf(event).terminate('by mistake');
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
  await noticeConsumerOf(ports, createNoticeWatchStore(stack.database), losing).take(event, AbortSignal.timeout(5_000));
  await letTimePass(event.orderId);
  expect(await settledNoticesOf(event.orderId)).toMatchObject([{ state: 'sent' }]);

  const held = await confirmed();
  await createNoticeWatchStore(stack.database).hold({ orderId: held.orderId, seq: held.seq, channel: 'smtp' });
  expect(await relay.noticesOf(held.orderId)).toMatchObject([{ state: 'pending', attempts: 0 }]);
  await letTimePass(held.orderId);
  expect(await settledNoticesOf(held.orderId)).toMatchObject([{ state: 'sent', attempts: 1 }]);
  expect(mail.mails).toHaveLength(2);
});

test('a redriven notice whose workflow was terminated continues too, and its dead letter is resolved', async () => {
  const event = await confirmed();
  mail.object({ recipient: { code: 550, words: 'no' } });
  await relay.take(event);
  const [letter] = await relay.lettersOf(event.orderId);
  mail.object({ recipient: { code: 450, words: 'later' } });
  expect((await shop.send(`/v1/dead-letters/${letter?.id ?? ''}/redrive`, {}, {})).status).toBe(202);
  await relay.workflowOf(event).terminate('by mistake');
  mail.object({});
  await letTimePass(event.orderId);
  expect(await settledNoticesOf(event.orderId)).toMatchObject([{ state: 'sent' }]);
  expect(await relay.lettersOf(event.orderId)).toMatchObject([{ state: 'resolved' }]);
});

test('what is watched over and still has its workflow is left alone, and looked for again later', async () => {
  const event = await confirmed();
  mail.object({ recipient: { code: 450, words: 'later' } });
  await relay.take(event);
  const { runId } = await relay.workflowOf(event).describe();
  await letTimePass(event.orderId);
  const isWatched = () =>
    stack.database.pool.query(`select 1 from notices where order_id = $1 and watch_at > now() + interval '1 minute'`, [
      event.orderId,
    ]);
  await eventually(isWatched, ({ rowCount }) => rowCount === 1);
  mail.object({});
  expect((await relay.workflowOf(event).describe()).runId).toBe(runId);
  expect(await relay.workflowOf(event).result()).toBe('sent');
  expect(mail.mails).toHaveLength(1);
});
