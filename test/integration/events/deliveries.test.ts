import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { deliveryWorkflowId } from '../../../src/workflows/contract.js';
import { eventually } from '../../support/end-state.js';
import { answersWith, startReceiver, type Receiver } from '../../support/webhook-receiver.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';
import { createWebhookDesk, isSignedBy } from '../../support/webhooks.js';

let stack: Stack;
let shop: Shop;
let desk: ReturnType<typeof createWebhookDesk>;
const receivers: Receiver[] = [];

beforeAll(async () => {
  stack = await startStack();
  const { url } = await stack.serve('api,worker', { WEBHOOK_RETRY_DELAYS_S: '1,1,1', WEBHOOK_ALLOW_PRIVATE: 'true' });
  shop = createShop(url);
  desk = createWebhookDesk(url);
});
afterAll(async () => stack?.close());
afterEach(async () => {
  await stack.database.pool.query(`update webhook_endpoints set state = 'deleted'`);
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

async function aReceiver(): Promise<Receiver> {
  const receiver = await startReceiver();
  receivers.push(receiver);
  return receiver;
}

async function place(checkout = aCheckout()): Promise<string> {
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['confirmed', 'failed']);
  return checkout.order_id;
}

const isAll = (state: string, count: number) => (deliveries: { state: string }[]) =>
  deliveries.length === count && deliveries.every((one) => one.state === state);

const CONFIRMED = ['order.created', 'inventory.reserved', 'payment.succeeded', 'order.confirmed'];

describe('an endpoint', () => {
  test('gets each event that it wants once, signed, with an id that says which', async () => {
    const [all, some] = [await aReceiver(), await aReceiver()];
    const { secret, id } = await desk.create(all.url);
    await desk.create(some.url, ['refund.*', 'order.confirmed']);
    const orderId = await place();
    await desk.until(`order_id=${orderId}`, isAll('delivered', 5));

    expect(all.received.map(({ type }) => type).sort()).toEqual([...CONFIRMED].sort());
    expect(some.received.map(({ type }) => type)).toEqual(['order.confirmed']);
    expect(all.received.every((message) => isSignedBy(secret, message))).toBe(true);
    const confirmed = all.received.find(({ type }) => type === 'order.confirmed');
    expect(confirmed).toMatchObject({
      id: `evt_${orderId}_3`,
      json: {
        type: 'order.confirmed',
        timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
        data: {
          schema_version: 1,
          order_id: orderId,
          seq: 3,
          status: 'confirmed',
          total_minor: 1_999,
          currency: 'EUR',
        },
      },
    });
    const [delivery] = await desk.list(`endpoint_id=${id}&order_id=${orderId}&type=order.confirmed&state=delivered`);
    expect(delivery).toMatchObject({
      webhook_id: confirmed?.id,
      attempts: [{ number: 1, outcome: 'accepted', status_code: 204 }],
    });
  });

  test('needs no workflow for what it takes at once', async () => {
    await desk.create((await aReceiver()).url);
    const orderId = await place();
    const deliveries = await desk.until(`order_id=${orderId}`, isAll('delivered', 4));
    for (const { id } of deliveries) {
      await expect(stack.client.workflow.getHandle(`delivery-${id}`).describe()).rejects.toThrow(/not found/i);
    }
  });

  test('R32: that is down gets everything when it is up again, under the same ids', async () => {
    const [down, well] = [await aReceiver(), await aReceiver()];
    down.answer(answersWith(500));
    const { secret } = await desk.create(down.url);
    await desk.create(well.url);
    const orderId = await place();
    await well.has(4);
    await desk.until(`order_id=${orderId}&state=retrying`, (deliveries) => deliveries.length > 0);
    down.answer(answersWith(200));
    await desk.until(`order_id=${orderId}`, isAll('delivered', 8));

    const ids = (receiver: Receiver) => [...new Set(receiver.received.map(({ id }) => id))].sort();
    expect(ids(down)).toEqual(ids(well));
    expect(well.received).toHaveLength(4);
    expect(down.received.every((message) => isSignedBy(secret, message))).toBe(true);
  });

  test('R32: that never takes an event has it on the list of failed ones, with each try, and gets it by replay', async () => {
    const receiver = await aReceiver();
    receiver.answer(answersWith(302, { location: 'http://127.0.0.1:1/elsewhere' }));
    await desk.create(receiver.url, ['order.confirmed']);
    const orderId = await place();
    const [failed] = await desk.until(`order_id=${orderId}`, isAll('failed', 1));
    expect(failed?.attempts).toHaveLength(4);
    expect(failed?.attempts.every(({ status_code: code }) => code === 302)).toBe(true);
    expect(receiver.received).toHaveLength(4);

    receiver.answer(answersWith(204));
    const id = failed?.id ?? '';
    const replays = await Promise.all([desk.replay(id), desk.replay(id)]);
    expect(replays.map(({ status }) => status)).toEqual([202, 202]);
    const [delivered] = await desk.until(`order_id=${orderId}`, isAll('delivered', 1));
    expect(delivered?.attempts).toHaveLength(5);
    expect(new Set(receiver.received.map((message) => message.id)).size).toBe(1);
    expect(await desk.replay(id)).toMatchObject({ status: 202 });
    await receiver.has(6);
  });

  test('that answers 410 is disabled and gets nothing more until it is enabled', async () => {
    const receiver = await aReceiver();
    receiver.answer(answersWith(410));
    const { id } = await desk.create(receiver.url, ['order.confirmed']);
    const first = await place();
    const [gone] = await desk.until(`order_id=${first}`, isAll('failed', 1));
    expect(gone?.attempts).toMatchObject([{ outcome: 'gone', status_code: 410 }]);
    expect(await desk.find(id)).toMatchObject({ state: 'disabled', disabled_reason: 'it answered 410 Gone' });
    expect(await desk.replay(gone?.id ?? '')).toMatchObject({ status: 409, body: { code: 'endpoint-disabled' } });

    receiver.answer(answersWith(204));
    await place();
    expect(receiver.received).toHaveLength(1);
    expect(await desk.change(id, { state: 'enabled' })).toMatchObject({ status: 200, body: { disabled_reason: null } });
    const later = await place();
    await desk.until(`order_id=${later}`, isAll('delivered', 1));
  });

  test('that is deleted ends its deliveries, and is not found any more', async () => {
    const receiver = await aReceiver();
    receiver.answer(answersWith(503, { 'retry-after': '3600' }));
    const { id } = await desk.create(receiver.url, ['order.confirmed']);
    const orderId = await place();
    const [waiting] = await desk.until(`order_id=${orderId}`, isAll('retrying', 1));
    expect(Date.parse(waiting?.next_attempt_at ?? '') - Date.now()).toBeGreaterThan(3_000_000);

    expect(await desk.remove(id)).toMatchObject({ status: 204 });
    expect(await desk.remove(id)).toMatchObject({ status: 404 });
    expect(await desk.list(`order_id=${orderId}`)).toMatchObject([{ state: 'cancelled' }]);
    expect(await desk.replay(waiting?.id ?? '')).toMatchObject({ status: 409 });
    await desk.create(receiver.url);
  });

  test('gets what it is owed although an operator terminated the workflow that was to send it', async () => {
    const receiver = await aReceiver();
    receiver.answer(answersWith(503, { 'retry-after': '3600' }));
    await desk.create(receiver.url, ['order.confirmed']);
    const orderId = await place();
    const [waiting] = await desk.until(`order_id=${orderId}`, isAll('retrying', 1));
    const id = waiting?.id ?? '';
    const run = (text: string) => stack.database.pool.query(text, [id]);
    const isWatched = `select 1 from webhook_deliveries where id = $1 and watch_at > now() + interval '1 hour'`;
    await eventually(
      () => run(isWatched),
      ({ rowCount }) => rowCount === 1,
    );
    await stack.client.workflow.getHandle(deliveryWorkflowId(id, 0)).terminate('by mistake');
    receiver.answer(answersWith(204));
    // As if an hour and five minutes were over.
    await run('update webhook_deliveries set next_attempt_at = now(), watch_at = now() where id = $1');
    const [delivered] = await desk.until(`order_id=${orderId}`, isAll('delivered', 1));
    expect(delivered?.attempts).toMatchObject([{ outcome: 'refused' }, { outcome: 'accepted' }]);
  });

  test('can be tested', async () => {
    const receiver = await aReceiver();
    const { id, secret } = await desk.create(receiver.url, ['refund.failed']);
    const { status, body } = await desk.call('POST', `webhook-endpoints/${id}/test`);
    expect(status).toBe(202);
    await receiver.has(1);
    expect(receiver.received[0]).toMatchObject({ type: 'webhook.test', json: { data: { schema_version: 1 } } });
    expect(receiver.received.every((message) => isSignedBy(secret, message))).toBe(true);
    await desk.until(`endpoint_id=${id}`, isAll('delivered', 1));
    expect(await desk.list(`type=webhook.test`)).toMatchObject([{ id: body.id, order_id: null }]);
  });
});

test('while its secret is rotated both sign, and afterwards the new one alone', async () => {
  const receiver = await aReceiver();
  const { id, secret: old } = await desk.create(receiver.url, ['order.confirmed']);
  const rotated = await desk.call('POST', `webhook-endpoints/${id}/secrets`);
  const { secret } = rotated.body;
  expect(await desk.call('POST', `webhook-endpoints/${id}/secrets`)).toMatchObject({
    status: 409,
    body: { code: 'secret-rotating' },
  });
  await place();
  await receiver.has(1);
  const signedBy = (...secrets: string[]) => secrets.map((one) => receiver.received.map((got) => isSignedBy(one, got)));
  expect(signedBy(old, secret)).toEqual([[true], [true]]);

  await desk.call('DELETE', `webhook-endpoints/${id}/secrets/old`);
  await place();
  await receiver.has(2);
  expect(signedBy(old, secret)).toEqual([
    [true, false],
    [true, true],
  ]);
  expect(JSON.stringify(await desk.find(id))).not.toContain('whsec_');
});
