import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  createGatewayEventStore,
  type GatewayEventTable,
  type ReceivedEvent,
} from '../../../src/adapters/postgres/money/gateway-event-store.js';
import { sql } from 'kysely';
import { createGatewayEventWatch } from '../../../src/adapters/postgres/money/gateway-event-watch.js';
import { openDatabase, type Database } from '../../../src/adapters/postgres/pool.js';
import type { GatewayEventWatchStore } from '../../../src/relay/relay-ports.js';
import { createOrderRows, type OrderRows } from '../../support/order-rows.js';
import { startStack, type Stack } from '../../support/stack.js';

const GATEWAY = 'watched';
const DUE = sql<boolean>`look_at <= now()`;

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

describe('what a stored event costs and becomes', () => {
  // Nothing else looks at this database.
  let own: Database;
  let table: GatewayEventTable;
  let watch: GatewayEventWatchStore;
  let statements = 0;
  beforeAll(() => {
    own = openDatabase({
      url: stack.databaseUrl,
      size: 2,
      connectTimeoutMs: 10_000,
      statementTimeoutMs: 10_000,
      onError: () => {},
    });
    own.pool.on('acquire', () => (statements += 1));
    table = createGatewayEventStore(own);
    watch = createGatewayEventWatch(own);
  });
  afterAll(async () => own?.close());

  const about = (orderId: string, event: Partial<ReceivedEvent> = {}): ReceivedEvent => ({
    ...anEvent(),
    gateway: GATEWAY,
    chargeKey: `${orderId}:charge:1`,
    orderId,
    ...event,
  });
  const rowOf = ({ eventId }: { eventId: string }) =>
    stack.database.kysely
      .selectFrom('gateway_events')
      .select(['effect', sql<boolean>`processed_at is not null`.as('isProcessed'), DUE.as('isDue')])
      .where('event_id', '=', eventId)
      .executeTakeFirstOrThrow();
  const passGrace = () =>
    sql`update gateway_events set look_at = look_at - interval '3 seconds' where gateway = ${GATEWAY}`.execute(
      stack.database.kysely,
    );
  const rest = (orderId: string) =>
    sql`update orders set updated_at = now() - interval '4 seconds' where order_id = ${orderId}`.execute(
      stack.database.kysely,
    );
  const watched = async () => (await watch.toWatch(100)).filter(({ gateway }) => gateway === GATEWAY);
  const counted = async <T>(work: () => Promise<T>): Promise<[number, T]> => {
    const before = statements;
    const result = await work();
    return [statements - before, result];
  };

  test('one that tells what the books say costs one statement, and that is all', async () => {
    const event = about(await rows.insertPaid());
    expect((await counted(() => table.store(event)))[0]).toBe(1);
    expect(await rowOf(event)).toMatchObject({ effect: 'known before', isProcessed: true });
    await passGrace();
    expect(await watched()).toEqual([]);
  });

  test('those that come before the answer to our own call wait for it, and one statement settles them all', async () => {
    const events = [];
    for (let number = 1; number <= 5; number += 1) {
      const orderId = await rows.insert('reserved');
      const event = about(orderId);
      events.push(event);
      await table.store(event);
      expect(await rowOf(event)).toEqual({ effect: null, isProcessed: false, isDue: false });
      await rows.insertCapture(orderId, 1, 10_000);
      await stack.database.kysely
        .insertInto('payments')
        .values({ order_id: orderId, attempt: 1, amount_minor: 10_000, currency: 'EUR', reference: 'ch_1' })
        .execute();
    }
    expect(await watched()).toEqual([]);
    await passGrace();
    const [cost, news] = await counted(watched);
    expect([cost, news]).toEqual([1, []]);
    for (const event of events) expect(await rowOf(event)).toMatchObject({ effect: 'known before', isProcessed: true });
  });

  test('one that names no order is stored and done', async () => {
    const event = about('', { chargeKey: null, orderId: null });
    await table.store(event);
    expect(await rowOf(event)).toMatchObject({ effect: 'ignored: it names no order', isProcessed: true });
  });

  test.each([
    ['payment_unknown', 'unknown', true],
    ['failed', 'not_charged', true],
    ['reserved', 'unknown', false],
    ['reserved', 'sent', false],
    ['compensating', 'sent', false],
  ] as const)(
    'about a charge of an order that is %s, whose attempt is %s, is due at once: %s',
    async (status, state, isDue) => {
      const orderId = await rows.insert(status);
      await rest(orderId);
      await stack.database.kysely
        .insertInto('payment_attempts')
        .values({
          order_id: orderId,
          attempt: 1,
          owner: 'run-1',
          idempotency_key: `${orderId}:charge:1`,
          amount_minor: 10_000,
          currency: 'EUR',
          state,
        })
        .execute();
      const event = about(orderId);
      await table.store(event);
      expect(await rowOf(event)).toEqual({ effect: null, isProcessed: false, isDue });
      await passGrace();
      expect(await watched()).toContainEqual({ gateway: GATEWAY, eventId: event.eventId });
    },
  );

  test('one that a worker took is free again when that worker died, and is left alone while it has a workflow', async () => {
    const event = about('nobody-knows-it');
    await table.store(event);
    await passGrace();
    const taken = await watched();
    expect(taken).toMatchObject([{ eventId: event.eventId }]);
    expect(await watched()).toEqual([]);
    const later = (interval: string) =>
      sql`update gateway_events set look_at = look_at - ${interval}::interval where event_id = ${event.eventId}`.execute(
        stack.database.kysely,
      );
    await later('31 seconds');
    expect(await watched()).toMatchObject([{ eventId: event.eventId }]);
    await watch.watched(taken);
    await later('9 minutes');
    expect(await watched()).toEqual([]);
    await later('2 minutes');
    expect(await watched()).toMatchObject([{ eventId: event.eventId }]);
    await sql`update gateway_events set received_at = received_at - interval '97 hours'
              where event_id = ${event.eventId}`.execute(stack.database.kysely);
    await watch.watched(taken);
    await later('1000 hours');
    expect(await watched()).toEqual([]);
  });
});
