import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../../support/end-state.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';
import { answersWith, startReceiver, type Receiver } from '../../support/webhook-receiver.js';
import { createWebhookDesk } from '../../support/webhooks.js';

let stack: Stack;
let shop: Shop;
let desk: ReturnType<typeof createWebhookDesk>;
const receivers: Receiver[] = [];

beforeAll(async () => {
  stack = await startStack();
  const { url } = await stack.serve('api,worker', {
    WEBHOOK_RETRY_DELAYS_S: '3600,7200',
    WEBHOOK_ALLOW_PRIVATE: 'true',
  });
  shop = createShop(url);
  desk = createWebhookDesk(url);
});
afterAll(async () => stack?.close());
afterEach(async () => {
  await stack.database.pool.query(`update webhook_endpoints set state = 'deleted'`);
  await Promise.all(receivers.splice(0).map((receiver) => receiver.close()));
});

async function anEndpoint(answer = answersWith(204)) {
  const receiver = await startReceiver();
  receivers.push(receiver);
  receiver.answer(answer);
  const { id } = await desk.create(receiver.url, ['order.confirmed']);
  return { id, receiver };
}

async function place(checkout = aCheckout()): Promise<string> {
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['confirmed']);
  return checkout.order_id;
}

const recover = (id: string, body: object) => desk.call('POST', `webhook-endpoints/${id}/recover`, body);
const finished = async (id: string): Promise<object> => {
  const last = async () =>
    (await desk.call('GET', `webhook-endpoints/${id}/recover`)).body as { finished_at?: string | null };
  return eventually(last, ({ finished_at: at }) => typeof at === 'string');
};
/** What the relay still has to hand on would reach an endpoint that is enabled meanwhile. */
const handedOn = async (): Promise<void> => {
  const left = () => stack.database.pool.query<{ n: number }>('select count(*)::int as n from outbox');
  await eventually(left, ({ rows }) => rows[0]?.n === 0);
};
const justNow = () => new Date(Date.now() - 60_000).toISOString();

describe('a delivery that waits for its next try', () => {
  test('is sent now by a replay, and the workflow that waited for it ends', async () => {
    const { receiver } = await anEndpoint(answersWith(500));
    const orderId = await place();
    const [waiting] = await desk.until(`order_id=${orderId}`, ([one]) => one?.state === 'retrying');
    const id = waiting?.id ?? '';
    const first = stack.client.workflow.getHandle(`delivery-${id}`);
    const status = async () => (await first.describe().catch(() => undefined))?.status.name;
    await eventually(status, (name) => name === 'RUNNING');

    receiver.answer(answersWith(204));
    const replays = await Promise.all([desk.replay(id), desk.replay(id)]);
    expect(replays.map(({ status }) => status)).toEqual([202, 202]);
    await desk.until(`order_id=${orderId}`, ([one]) => one?.state === 'delivered');
    expect(receiver.received.map((message) => message.id)).toEqual(Array(2).fill(waiting?.webhook_id));
    await eventually(status, (name) => name === 'CANCELLED');
  });

  test('shows what it sends and what the receiver answered', async () => {
    const { receiver } = await anEndpoint((response) => void response.writeHead(422).end(`no\0: ${'x'.repeat(3_000)}`));
    const orderId = await place();
    const [waiting] = await desk.until(`order_id=${orderId}`, ([one]) => one?.state === 'retrying');
    const { body } = await desk.call('GET', `webhook-deliveries/${waiting?.id}`);
    expect(body).toMatchObject({ payload: receiver.received[0]?.json });
    expect(body.attempts).toMatchObject([{ status_code: 422, response: `no\uFFFD: ${'x'.repeat(1_019)}` }]);
  });
});

describe('a recovery', () => {
  test('resends what an endpoint missed while it was disabled, failed to take, and is waiting for', async () => {
    const { id, receiver } = await anEndpoint();
    const since = new Date().toISOString();
    const delivered = await place();
    await desk.until(`order_id=${delivered}`, ([one]) => one?.state === 'delivered');
    receiver.answer(answersWith(500));
    const waiting = await place();
    await desk.until(`order_id=${waiting}`, ([one]) => one?.state === 'retrying');
    await desk.change(id, { state: 'disabled' });
    const unseen = await place();
    await handedOn();
    expect(await recover(id, { since })).toMatchObject({ status: 409, body: { code: 'endpoint-disabled' } });

    receiver.answer(answersWith(204));
    await desk.change(id, { state: 'enabled' });
    const begun = await recover(id, { since, only: 'missed' });
    expect(begun).toMatchObject({ status: 202, body: { endpoint_id: id, only: 'missed', finished_at: null } });
    expect(await recover(id, { since })).toMatchObject({ status: 409, body: { code: 'recovery-running' } });
    expect(await finished(id)).toMatchObject({ resent: 2 });
    for (const orderId of [waiting, unseen]) {
      await desk.until(`order_id=${orderId}`, ([one]) => one?.state === 'delivered');
    }
    expect(receiver.ofOrder(delivered)).toHaveLength(1);
    expect(receiver.ofOrder(waiting)).toHaveLength(2);
    expect(receiver.ofOrder(unseen)).toHaveLength(1);
  });

  test('resends everything, under the same ids, unless only missed events are requested', async () => {
    const { id, receiver } = await anEndpoint();
    const since = new Date().toISOString();
    const orders = [await place(), await place()];
    await receiver.has(2);
    expect(await recover(id, { since })).toMatchObject({ status: 202 });
    await finished(id);
    await receiver.has(4);
    for (const orderId of orders) expect(new Set(receiver.ofOrder(orderId).map((message) => message.id)).size).toBe(1);
  });

  test('covers just its span, and just what the endpoint subscribes to', async () => {
    const { id, receiver } = await anEndpoint();
    await place();
    await receiver.has(1);
    const since = new Date().toISOString();
    const inside = await place();
    await receiver.has(2);
    const until = new Date().toISOString();
    await place();
    await receiver.has(3);
    await recover(id, { since, until });
    expect(await finished(id)).toMatchObject({ since, until, resent: 1 });
    await receiver.has(4);
    expect(receiver.ofOrder(inside)).toHaveLength(2);
  });

  test('continues from batch to batch over many events of one moment, once each', async () => {
    const { id } = await anEndpoint();
    const orderId = await place();
    await desk.change(id, { state: 'disabled' });
    const { pool } = stack.database;
    await pool.query(
      `insert into order_events (order_id, seq, type, created_at)
       select $1, n, 'order.confirmed', now() - interval '1 hour' from generate_series(1001, 2000) n`,
      [orderId],
    );
    await handedOn();
    await desk.change(id, { state: 'enabled' });
    const hour = 3_600_000;
    const span = {
      since: new Date(Date.now() - 1.5 * hour).toISOString(),
      until: new Date(Date.now() - 0.5 * hour).toISOString(),
    };
    await recover(id, { ...span, only: 'missed' });
    expect(await finished(id)).toMatchObject({ resent: 1_000 });
    const { rows } = await pool.query(
      'select count(*)::int as count from webhook_deliveries where endpoint_id = $1 and seq > 1000',
      [id],
    );
    expect(rows).toEqual([{ count: 1_000 }]);
  });

  test.each([
    [{}, '/since'],
    [{ since: 'yesterday' }, '/since'],
    [{ since: '2020-01-01T00:00:00.000Z' }, '/since'],
    [{ since: new Date(Date.now() + 3_600_000).toISOString() }, '/since'],
    [{ since: justNow(), until: new Date(Date.now() + 3_600_000).toISOString() }, '/until'],
    [{ since: justNow(), until: '2026-01-01T00:00:00.000Z' }, '/since'],
    [{ since: justNow(), only: 'failed' }, '/only'],
    [{ since: justNow(), types: ['*'] }, '/types'],
  ])('refuses %j and names the field', async (body, pointer) => {
    const { id } = await anEndpoint();
    const refused = await recover(id, body);
    expect(refused).toMatchObject({ status: 422, body: { errors: [expect.objectContaining({ pointer })] } });
  });
});
