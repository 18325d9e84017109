import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { OutboxEvent } from '../../src/relay/outbox-event.js';
import { aCheckout, newOrderId } from '../support/shop.js';
import { startNoticeRelay, type NoticeRelay } from '../support/notice-relay.js';

const EMAIL = 'canary.ada@mail.example';

let relay: NoticeRelay;
let stack: NoticeRelay['stack'];
let mail: NoticeRelay['mail'];
let holdfast: NoticeRelay['holdfast'];
let shop: NoticeRelay['shop'];
beforeAll(async () => {
  relay = await startNoticeRelay({ NOTIFIERS: 'log,smtp', LOG_LEVEL: 'trace' });
  ({ stack, mail, holdfast, shop } = relay);
});
afterAll(async () => relay?.close());
beforeEach(() => {
  mail.mails.length = 0;
  mail.object({});
});

/** An order that has ended, and the event of its timeline that has a notice. */
async function ended(checkout: Record<string, unknown>, type: string): Promise<OutboxEvent> {
  const { body } = await shop.post(checkout, { Prefer: 'wait=30' });
  return eventOf(body.id, type);
}

async function eventOf(orderId: string, type: string): Promise<OutboxEvent> {
  const { seq } = await stack.database.kysely
    .selectFrom('order_events')
    .select('seq')
    .where('order_id', '=', orderId)
    .where('type', '=', type)
    .executeTakeFirstOrThrow();
  return { orderId, seq, type, createdAt: new Date().toISOString() };
}

// Long headers go on in the next line.
const subjects = () =>
  mail.mails.map(({ raw }) => /^Subject: (.*)$/m.exec(raw.replaceAll(/\r\n[ \t]+/g, ' '))?.[1]?.trim());

test('an order keeps the address it was given, and shows it to its shop alone', async () => {
  const checkout = aCheckout({ customer_email: EMAIL });
  const { body } = await shop.post(checkout, { Prefer: 'wait=30' });
  expect(body).toMatchObject({ status: 'confirmed', customer_email: EMAIL });
  expect((await shop.get(body.id)).body).toMatchObject({ customer_email: EMAIL });
  expect((await shop.post(checkout)).status).toBe(200);
  expect((await shop.post({ ...checkout, customer_email: 'other@mail.example' })).status).toBe(409);
  expect((await shop.post({ ...checkout, customer_email: undefined })).status).toBe(409);
  const events = await shop.call(`/v1/orders/${body.id}/events`);
  expect(JSON.stringify(events.body)).not.toContain(EMAIL);
});

test.each([
  ['confirmation', {}, 'order.confirmed', 'is confirmed'],
  ['failure', { payment: { method: 'pm_declined' } }, 'order.failed', 'could not be completed'],
  ['failure before anything was held', { items: [{ sku: 'product-C', quantity: 1 }] }, 'order.failed', 'could not'],
])(
  'a customer gets one notice of the %s, no matter how often the event comes',
  async (_what, changes, type, subject) => {
    const event = await ended(aCheckout({ customer_email: EMAIL, ...changes }), type);
    for (let times = 0; times < 3; times += 1) await relay.take(event);
    expect(mail.mails).toMatchObject([{ to: [EMAIL] }]);
    expect(subjects()).toEqual([expect.stringContaining(`Your order ${event.orderId} ${subject}`)]);
    expect(await relay.noticesOf(event.orderId)).toEqual([
      { seq: event.seq, channel: 'smtp', state: 'sent', attempts: 1, last_error: null },
    ]);
  },
);

test('a cancel after the payment sends notices of the refund and the cancellation, and no longer of the confirmation', async () => {
  const confirmation = await ended(aCheckout({ customer_email: EMAIL }), 'order.confirmed');
  const { orderId } = confirmation;
  await shop.ask(orderId, 'cancel', { reason: 'changed my mind' });
  await shop.until(orderId, ['cancelled']);
  await relay.take(await eventOf(orderId, 'refund.succeeded'));
  await relay.take(await eventOf(orderId, 'order.cancelled'));
  await relay.take(confirmation);
  expect(subjects()).toEqual([`A refund for your order ${orderId}`, `Your order ${orderId} is cancelled`]);
  expect(mail.mails[0]?.raw).toContain('EUR 19.99');
  expect(mail.mails.map(({ raw }) => raw).join()).not.toContain('changed my mind');
  expect(await relay.noticesOf(orderId)).toMatchObject([
    { state: 'skipped', last_error: 'Outdated' },
    {},
    { state: 'sent' },
  ]);
});

test('an order without an address is skipped', async () => {
  const event = await ended(aCheckout(), 'order.confirmed');
  await relay.take(event);
  expect(mail.mails).toEqual([]);
  expect(await relay.noticesOf(event.orderId)).toMatchObject([{ state: 'skipped', last_error: 'NoAddress' }]);
});

test('a mail server that is busy is tried again by a workflow, which an impatient event does not double', async () => {
  const event = await ended(aCheckout({ customer_email: EMAIL }), 'order.confirmed');
  mail.object({ recipient: { code: 450, words: `<${EMAIL}>: greylisted` } });
  await Promise.all([relay.take(event), relay.take(event)]);
  expect(await relay.noticesOf(event.orderId)).toMatchObject([
    { state: 'pending', last_error: 'SmtpFault EENVELOPE_450' },
  ]);
  mail.object({});
  expect(await relay.workflowOf(event).result()).toBe('sent');
  expect(mail.mails).toMatchObject([{ to: [EMAIL] }]);
  expect(await relay.noticesOf(event.orderId)).toMatchObject([{ state: 'sent', last_error: null }]);
  await relay.take(event);
  expect(mail.mails).toHaveLength(1);
});

test('a permanently refused recipient is a dead letter immediately; redriven after a repair, the notice is sent once', async () => {
  const event = await ended(aCheckout({ customer_email: EMAIL }), 'order.confirmed');
  const { orderId, seq } = event;
  mail.object({ recipient: { code: 550, words: `<${EMAIL}>: no such user` } });
  await relay.take(event);
  expect(await relay.noticesOf(orderId)).toMatchObject([{ state: 'failed', attempts: 1 }]);
  const [letter] = await relay.lettersOf(orderId);
  expect(letter).toMatchObject({ kind: 'notice', state: 'open', subject: `${seq}:smtp`, last_error: 'EENVELOPE_550' });
  await expect(relay.workflowOf(event).describe()).rejects.toThrow();

  const redrive = () => shop.send(`/v1/dead-letters/${letter?.id ?? ''}/redrive`, {}, {});
  expect((await redrive()).status).toBe(202);
  expect(await relay.workflowOf(event).result()).toBe('failed');
  expect(await relay.lettersOf(orderId)).toMatchObject([{ id: letter?.id, state: 'open', attempts: 2 }]);

  mail.object({});
  expect((await redrive()).status).toBe(202);
  expect(await relay.workflowOf(event).result()).toBe('sent');
  expect((await redrive()).body).toMatchObject({ code: 'not-redrivable' });
  expect(mail.mails).toMatchObject([{ to: [EMAIL] }]);
  expect(await relay.lettersOf(orderId)).toMatchObject([{ state: 'resolved', resolution: 'the notice was sent' }]);
  expect((await shop.get(orderId)).body.status).toBe('confirmed');
});

test('of many concurrent redrives, one is accepted', async () => {
  const event = await ended(aCheckout({ customer_email: EMAIL }), 'order.confirmed');
  mail.object({ recipient: { code: 550, words: 'no' } });
  await relay.take(event);
  mail.object({});
  const [letter] = await relay.lettersOf(event.orderId);
  const path = `/v1/dead-letters/${letter?.id ?? ''}/redrive`;
  const answers = await Promise.all(Array.from({ length: 8 }, () => shop.send(path, {}, {})));
  expect(answers.map(({ status }) => status).toSorted((a, b) => a - b)).toEqual([202, ...Array<number>(7).fill(409)]);
  await relay.workflowOf(event).result();
  expect(mail.mails).toHaveLength(1);
});

test('operators see the state of an order’s notices, but never the recipients', async () => {
  const event = await ended(aCheckout({ customer_email: EMAIL }), 'order.confirmed');
  const path = `/v1/orders/${event.orderId}/notices`;
  expect((await shop.call(path)).body).toEqual({ data: [], next_cursor: null });
  mail.object({ recipient: { code: 550, words: `<${EMAIL}>: no such user` } });
  await relay.take(event);
  const { status, body } = await shop.call(path);
  expect(status).toBe(200);
  expect(body).toEqual({
    data: [
      {
        seq: event.seq,
        kind: 'confirmation',
        channel: 'smtp',
        state: 'failed',
        attempts: 1,
        last_error: 'EENVELOPE_550',
        created_at: expect.stringMatching(/Z$/),
        updated_at: expect.stringMatching(/Z$/),
      },
    ],
    next_cursor: null,
  });
  expect(JSON.stringify(body)).not.toContain('canary.ada');
});

test('a dead letter about a notice can be discarded, and the notice stays failed', async () => {
  const event = await ended(aCheckout({ customer_email: EMAIL }), 'order.confirmed');
  mail.object({ recipient: { code: 550, words: 'no' } });
  await relay.take(event);
  const [letter] = await relay.lettersOf(event.orderId);
  const path = `/v1/dead-letters/${letter?.id ?? ''}`;
  expect(await shop.send(`${path}/discard`, { note: 'they rang up' }, {})).toMatchObject({ status: 200 });
  expect((await shop.send(`${path}/redrive`, {}, {})).status).toBe(409);
  expect(await relay.noticesOf(event.orderId)).toMatchObject([{ state: 'failed' }]);
});

test('a mail server that says nothing holds an event up for its time only, and the mail still comes once', async () => {
  const event = await ended(aCheckout({ customer_email: EMAIL }), 'order.confirmed');
  mail.fallSilent(true);
  const begun = performance.now();
  await relay.take(event);
  expect(performance.now() - begun).toBeLessThan(8_000);
  mail.fallSilent(false);
  expect(await relay.noticesOf(event.orderId)).toMatchObject([{ state: 'pending', last_error: 'Timeout' }]);
  expect(await relay.workflowOf(event).result()).toBe('sent');
  expect(mail.mails).toHaveLength(1);
}, 90_000);

test('the address of a customer is in no line of the log, whatever happens', async () => {
  const id = newOrderId();
  await shop.post(aCheckout({ order_id: id, customer_email: EMAIL, items: [{ sku: 'unicorn', quantity: 1 }] }));
  await shop.post(aCheckout({ customer_email: `${EMAIL} and more` }));
  await shop.post(aCheckout({ customer_email: EMAIL }, 'pm_fail_2'), { Prefer: 'wait=30' });
  expect(holdfast.output()).toContain('serving');
  expect(holdfast.output()).not.toContain('canary.ada');

  const runs = stack.client.workflow.list({ query: `WorkflowType = 'processOrder' or WorkflowType = 'sendNotice'` });
  let seen = 0;
  for await (const { memo, searchAttributes, workflowId } of runs) {
    seen += 1;
    const described = await stack.client.workflow.getHandle(workflowId).describe();
    const shown = [await described.staticSummary(), await described.staticDetails()];
    expect(JSON.stringify([memo, shown, searchAttributes])).not.toContain('canary.ada');
    if (workflowId.startsWith('order-')) expect(searchAttributes).toMatchObject({ OrderTotal: [expect.any(Number)] });
  }
  expect(seen).toBeGreaterThan(5);
  const { rows } = await stack.database.pool.query(
    `select 1 from order_events where data::text like '%canary.ada%'
     union all select 1 from dead_letters where last_error like '%canary.ada%'
     union all select 1 from notices where last_error like '%canary.ada%'`,
  );
  expect(rows).toEqual([]);
});
