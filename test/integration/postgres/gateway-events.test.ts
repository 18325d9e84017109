import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  createGatewayEventStore,
  type GatewayEventTable,
} from '../../../src/adapters/postgres/money/gateway-event-store.js';
import { openDatabase } from '../../../src/adapters/postgres/pool.js';
import { createOrderRows, type OrderRows } from '../../support/order-rows.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let rows: OrderRows;
let inbox: GatewayEventTable;
beforeAll(async () => {
  stack = await startStack();
  rows = createOrderRows(stack.database);
  inbox = createGatewayEventStore(stack.database);
});
afterAll(async () => stack?.close());

const anEvent = () => ({
  gateway: 'sandbox',
  eventId: randomUUID(),
  type: 'charge.captured',
  chargeKey: 'a:charge:1',
  refundKey: null,
  orderId: 'a',
});

test('R20: a message that is delivered twenty times at once is stored once', async () => {
  const event = anEvent();
  const answers = await Promise.all(Array.from({ length: 20 }, () => inbox.store(event)));
  expect(answers.filter((answer) => answer === 'stored')).toHaveLength(1);
  expect(await inbox.store({ ...event, type: 'charge.declined' })).toBe('known');
  expect(await inbox.read('sandbox', event.eventId)).toEqual({ ...event, isProcessed: false });
  expect(await inbox.store({ ...event, gateway: 'stripe' })).toBe('stored');
});

test('R21: what was stored and not processed is found again, the oldest first', async () => {
  const [first, second, third] = [anEvent(), anEvent(), anEvent()];
  const gateway = `slow-${randomUUID()}`;
  for (const event of [first, second, third]) await inbox.store({ ...event, gateway });
  const waiting = async (limit: number, olderThanMs: number) =>
    (await inbox.unprocessed(limit, olderThanMs, 60_000))
      .filter((event) => event.gateway === gateway)
      .map((e) => e.eventId);

  await inbox.processed(gateway, second.eventId, 'its workflow looks again');
  await inbox.processed(gateway, second.eventId, 'something else');
  expect(await waiting(100, 0)).toEqual([first.eventId, third.eventId]);
  expect(await waiting(100, 60_000)).toEqual([]);
  expect(await inbox.unprocessed(1, 0, 60_000)).toHaveLength(1);

  const effect = await stack.database.kysely
    .selectFrom('gateway_events')
    .select('effect')
    .where('event_id', '=', second.eventId)
    .executeTakeFirst();
  expect(effect).toEqual({ effect: 'its workflow looks again' });
  expect(await inbox.read(gateway, second.eventId)).toMatchObject({ isProcessed: true });
});

test('R19: an order is known as soon as it has a row', async () => {
  expect(await inbox.orderStatus('not-yet')).toBeUndefined();
  expect(await inbox.orderStatus(await rows.insert('pending'))).toBe('pending');
  expect(await inbox.read('sandbox', 'never-sent')).toBeUndefined();
});

test('R20: an event about an unknown refund has no effect', async () => {
  const orderId = await rows.insertPaid();
  for (const key of ['', 'nonsense', `${orderId}:refund:none:1`, `${orderId}:charge:1:undo`]) {
    expect(await inbox.refundFailedLate(key)).toBe(false);
  }
  expect(await rows.order(orderId)).toMatchObject({ version: 1 });
});

test('R21: a message that could not be stored is not acknowledged', async () => {
  const away = openDatabase({
    url: 'postgres://nobody@127.0.0.1:1/none',
    size: 1,
    connectTimeoutMs: 1_000,
    statementTimeoutMs: 1_000,
    onError: () => {},
  });
  await expect(createGatewayEventStore(away).store(anEvent())).rejects.toMatchObject({
    message: 'database is unavailable',
    cause: { code: 'ECONNREFUSED' },
  });
  await away.close();
});

test('R21: events that could not be processed for days do not block newer ones', async () => {
  const gateway = `foreign-${randomUUID()}`;
  const [old, fresh] = [anEvent(), anEvent()];
  for (const event of [old, fresh]) await inbox.store({ ...event, gateway });
  await stack.database.kysely
    .updateTable('gateway_events')
    .set({ received_at: new Date(Date.now() - 97 * 3_600_000) })
    .where('event_id', '=', old.eventId)
    .execute();
  const found = await inbox.unprocessed(1_000, 0, 96 * 3_600_000);
  const ours = found.filter((event) => event.gateway === gateway);
  expect(ours).toMatchObject([
    { eventId: fresh.eventId, isGivenUp: false },
    { eventId: old.eventId, isGivenUp: true },
  ]);
});
