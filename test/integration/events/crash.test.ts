import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { runs } from '../../support/crash-road.js';
import { DONE, startDeadlyLine, type DeadlyLine, type Strike } from '../../support/deadly-line.js';
import { plantOrder } from '../../support/planted-orders.js';
import { answersWith, startReceiver, type Receiver } from '../../support/webhook-receiver.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let receiver: Receiver;
const lines: DeadlyLine[] = [];
const SETTINGS = { WEBHOOK_RETRY_DELAYS_S: '1,1,1,1', WEBHOOK_ALLOW_PRIVATE: 'true' };

beforeAll(async () => {
  stack = await startStack();
  receiver = await startReceiver();
  await stack.database.pool.query(
    `insert into webhook_endpoints (url, event_types, trail_types, secret)
     values ($1, '{order.created}', '{order.created}', 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')`,
    [receiver.url],
  );
});
afterEach(async () => {
  await Promise.all(lines.splice(0).map((line) => line.close()));
});
afterAll(async () => {
  await stack?.close();
  await receiver?.close();
});

const one = async <Row>(text: string, values: unknown[]) =>
  (await stack.database.pool.query<Row & object>(text, values)).rows[0];
const deliveryOf = (orderId: string) =>
  one<{ state: string; tries: number }>('select state, tries from webhook_deliveries where order_id = $1', [orderId]);
const outboxOf = (orderId: string) =>
  one<{ leased: boolean }>('select due_at > now() as leased from outbox where order_id = $1', [orderId]);

/** Has a worker take the first event of an order, and kills it there. */
async function dieAt(moment: Strike): Promise<string> {
  const line = await startDeadlyLine(new URL(stack.databaseUrl).host, DONE.postgres);
  lines.push(line);
  const DATABASE_URL = Object.assign(new URL(stack.databaseUrl), { host: line.address }).href;
  const worker = await stack.serve('worker', { ...SETTINGS, DATABASE_URL });
  line.strike(moment, () => worker.kill('SIGKILL'));
  const orderId = await plantOrder(stack.database, 'pending');
  await worker.exited;
  return orderId;
}

/** Another worker comes when the dead one's lease is over, and works until the event was taken. */
async function finish(orderId: string): Promise<void> {
  await stack.database.pool.query('update outbox set due_at = now() where order_id = $1', [orderId]);
  const worker = await stack.serve('worker', SETTINGS);
  // Killed before it could report a try, a worker is waited for until the try's own time is over.
  const deadline = Date.now() + 60_000;
  const isDone = async () =>
    (await outboxOf(orderId)) === undefined && (await deliveryOf(orderId))?.state === 'delivered';
  while (!(await isDone())) {
    if (Date.now() > deadline) throw new Error(JSON.stringify([await outboxOf(orderId), await deliveryOf(orderId)]));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  await worker.stop();
}

const POINTS: [string, Strike, Awaited<ReturnType<typeof deliveryOf>> | undefined, number][] = [
  ['after it claimed the event', { when: 'before', sees: runs('event-sources') }, undefined, 1],
  ['after it sent the message', { when: 'before', sees: runs('webhook-add') }, undefined, 2],
  ['after it wrote that down', { when: 'after', sees: runs('webhook-add') }, { state: 'delivered', tries: 1 }, 1],
  ['before it forgets the event', { when: 'before', sees: runs('outbox-done') }, { state: 'delivered', tries: 1 }, 1],
];

test.each(POINTS)('R32: a relay killed %s loses nothing', async (_, moment, left, sends) => {
  receiver.answer(answersWith(204));
  const orderId = await dieAt(moment);
  expect(await outboxOf(orderId)).toEqual({ leased: true });
  expect(await deliveryOf(orderId)).toEqual(left);

  await finish(orderId);
  const messages = receiver.ofOrder(orderId);
  expect(messages.map(({ id }) => id)).toEqual(Array.from({ length: sends }, () => `evt_${orderId}_1`));
});

test('R32: a relay killed before it started the workflow of a try that failed leaves it to the next one', async () => {
  receiver.answer(answersWith(500));
  const orderId = await dieAt({ when: 'after', sees: runs('webhook-add') });
  expect(await deliveryOf(orderId)).toEqual({ state: 'retrying', tries: 1 });
  receiver.answer(answersWith(204));
  await finish(orderId);
  expect(receiver.ofOrder(orderId).map(({ id }) => id)).toEqual([`evt_${orderId}_1`, `evt_${orderId}_1`]);
});

test('R32: a worker killed while it waits between two tries leaves the schedule to the next one', async () => {
  receiver.answer(answersWith(500));
  const worker = await stack.serve('worker', SETTINGS);
  const orderId = await plantOrder(stack.database, 'pending');
  while (((await deliveryOf(orderId))?.tries ?? 0) < 2) await new Promise((resolve) => setTimeout(resolve, 20));
  worker.kill('SIGKILL');
  await worker.exited;
  receiver.answer(answersWith(204));
  await finish(orderId);
  expect(new Set(receiver.ofOrder(orderId).map(({ id }) => id)).size).toBe(1);
}, 90_000);
