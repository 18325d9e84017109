import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { listenToOutbox } from '../../../src/adapters/postgres/events/outbox-listener.js';
import { createOutboxStore } from '../../../src/adapters/postgres/events/outbox.js';
import { openDatabase, type Database } from '../../../src/adapters/postgres/pool.js';
import type { OutboxConsumer, OutboxEvent } from '../../../src/relay/outbox-event.js';
import { startRelay, type RelayLimits } from '../../../src/relay/relay.js';
import type { Rounds } from '../../../src/relay/poll-loop.js';
import { plantOrder } from '../../support/planted-orders.js';
import { startStack, type Stack } from '../../support/stack.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';

let stack: Stack;
const relays: Rounds[] = [];
beforeAll(async () => {
  stack = await startStack();
});
const stopRelays = () => Promise.all(relays.splice(0).map((relay) => relay.stop()));
afterAll(async () => {
  await stopRelays();
  await stack?.close();
});
beforeEach(async () => {
  await stopRelays();
  await stack.database.pool.query('truncate outbox; delete from webhook_endpoints');
});

const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
const warnings: unknown[] = [];
const log = { warn: (fields: object, message: string) => void warnings.push([message, fields]) };
const keyOf = ({ orderId, seq }: OutboxEvent) => `${orderId}/${seq}`;
const rows = async () => (await stack.database.pool.query('select * from outbox order by id')).rows;

function consumer(take: OutboxConsumer['take'] = async () => {}) {
  const taken: OutboxEvent[] = [];
  const it: OutboxConsumer = {
    name: 'test',
    wants: () => true,
    async take(event, signal) {
      await take(event, signal);
      taken.push(event);
    },
  };
  return { it, taken };
}

function relay(one: OutboxConsumer, limits: Partial<RelayLimits> = {}, database: Database = stack.database): Rounds {
  const started = startRelay({ store: createOutboxStore(database), consumers: [one], log, limits });
  relays.push(started);
  return started;
}

async function until(isSo: () => boolean | Promise<boolean>, withinMs = 10_000): Promise<number> {
  const started = performance.now();
  while (!(await isSo())) {
    if (performance.now() - started > withinMs) throw new Error('it did not come true');
    await sleep(5);
  }
  return performance.now() - started;
}

const isEmpty = async () => (await rows()).length === 0;
const want = (trailTypes: string) =>
  stack.database.pool.query(
    `insert into webhook_endpoints (url, event_types, trail_types, secret) values (gen_random_uuid(), '{*}', $1, 's')`,
    [trailTypes],
  );

describe('an event gets a row', () => {
  test('when it is of a kind that notices are sent for, though no endpoint wants anything', async () => {
    const id = await plantOrder(stack.database, 'completed');
    expect(await rows()).toMatchObject([{ order_id: id, seq: 3, type: 'order.confirmed' }]);
  });

  test('when an enabled endpoint wants it, once for all of them', async () => {
    await want('{order.created,inventory.reserved}');
    await want('{order.created}');
    await stack.database.pool.query(`update webhook_endpoints set state = 'disabled', disabled_reason = 'x'
      where trail_types = '{order.created,inventory.reserved}'`);
    await plantOrder(stack.database, 'reserved');
    expect((await rows()).map(({ type }) => type)).toEqual(['order.created']);
  });

  test('never for a change that was rolled back', async () => {
    await want('{order.created}');
    const id = await plantOrder(stack.database, 'confirmed');
    await stack.database.pool.query('truncate outbox');
    const client = await stack.database.pool.connect();
    await client.query('begin');
    await client.query(`insert into order_events (order_id, seq, type) values ('${id}', 9, 'order.cancelled')`);
    expect((await client.query('select from outbox')).rowCount).toBe(1);
    await client.query('rollback');
    client.release();
    expect(await rows()).toEqual([]);
  });
});

describe('the relay', () => {
  test('hands each event on once and forgets it', async () => {
    await want('{order.created,inventory.reserved}');
    const { it, taken } = consumer();
    relay(it);
    const ids = await Promise.all(Array.from({ length: 20 }, () => plantOrder(stack.database, 'confirmed')));
    await until(isEmpty);
    expect(taken.map(keyOf).sort()).toEqual(ids.flatMap((id) => [1, 2, 3].map((seq) => `${id}/${seq}`)).sort());
    expect(taken[0]?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
  });

  test('is woken by a commit, not by its poll', async () => {
    const { it, taken } = consumer();
    const started = relay(it, { pollMs: 60_000 });
    let isThere = false;
    const listener = listenToOutbox({
      url: stack.databaseUrl,
      onNews() {
        isThere = true;
        started.wake();
      },
      onFault: () => {},
    });
    await until(() => isThere);
    // Idle for long enough to look again only at the next ring.
    await sleep(1_000);
    for (let round = 0; round < 5; round += 1) {
      await plantOrder(stack.database, 'confirmed');
      expect(await until(() => taken.length === round + 1, 2_000)).toBeLessThan(500);
      await sleep(300);
    }
    await listener.close();
  });

  test('misses nothing of many concurrent commits, one of which wakes it', async () => {
    await want('{order.created,inventory.reserved}');
    const { it, taken } = consumer();
    relay(it);
    relay(it);
    const ids = await Promise.all(Array.from({ length: 200 }, () => plantOrder(stack.database, 'confirmed')));
    await until(isEmpty, 20_000);
    expect(new Set(taken.map(keyOf)).size).toBe(ids.length * 3);
    expect(taken).toHaveLength(ids.length * 3);
  });

  test('takes over from a relay that died, when the lease is over', async () => {
    const dead = createOutboxStore(stack.database);
    await plantOrder(stack.database, 'confirmed');
    expect(await dead.claim(10, 700)).toHaveLength(1);
    const { it, taken } = consumer();
    relay(it, { pollMs: 50 });
    await sleep(300);
    expect(taken).toEqual([]);
    await until(() => taken.length === 1);
  });

  test('is not held up by an event that no consumer can take; its pauses grow', async () => {
    let poison = '';
    const tries: number[] = [];
    const { it, taken } = consumer(async (event) => {
      if (event.orderId !== poison) return;
      tries.push(performance.now());
      throw new Error('cannot be read');
    });
    poison = await plantOrder(stack.database, 'confirmed');
    relay(it, { batch: 1, pollMs: 50 });
    await until(() => tries.length === 1);
    await plantOrder(stack.database, 'confirmed');
    await until(() => taken.length === 1);
    await until(() => tries.length === 3, 15_000);
    const pauses = tries.slice(1).map((at, index) => at - (tries[index] ?? 0));
    expect(pauses[0]).toBeGreaterThan(900);
    expect(pauses[1]).toBeGreaterThan(1_900);
    await until(async () => (await rows())[0]?.last_error === 'cannot be read');
    expect(await rows()).toMatchObject([{ order_id: poison, attempts: 3 }]);
  });

  test('gives up on a consumer that hangs, and lets the others go on', async () => {
    let hung = '';
    let hangs = true;
    const { it, taken } = consumer(async ({ orderId }) => {
      if (orderId === hung && hangs) await new Promise(() => {});
    });
    hung = await plantOrder(stack.database, 'confirmed');
    relay(it, { deadlineMs: 200, pollMs: 50 });
    await plantOrder(stack.database, 'confirmed');
    await until(() => taken.length === 1);
    hangs = false;
    await until(() => taken.length === 2);
    await until(isEmpty);
  });

  test('never has more in progress than allowed, no matter how many events wait or how long consumers take', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    let [underWay, most] = [0, 0];
    const { it, taken } = consumer(async () => {
      underWay += 1;
      most = Math.max(most, underWay);
      await held;
      underWay -= 1;
    });
    await Promise.all(Array.from({ length: 12 }, () => plantOrder(stack.database, 'confirmed')));
    relay(it, { batch: 2, atOnce: 4, pollMs: 20 });
    await until(() => underWay === 4);
    // Time for many more looks at the outbox.
    await sleep(500);
    expect(most).toBe(4);
    expect((await rows()).filter(({ attempts }) => attempts > 0)).toHaveLength(4);
    release();
    await until(isEmpty);
    expect(taken).toHaveLength(12);
    expect(most).toBe(4);
  });

  test('waits for an unavailable database and continues when it is back', async () => {
    const proxy = await startTcpProxy(new URL(stack.databaseUrl).host);
    const url = Object.assign(new URL(stack.databaseUrl), { host: proxy.address }).href;
    const database = openDatabase({
      url,
      size: 3,
      connectTimeoutMs: 1_000,
      statementTimeoutMs: 5_000,
      onError: () => {},
    });
    const { it, taken } = consumer();
    const started = relay(it, { pollMs: 50 }, database);
    let news = 0;
    const faults: Error[] = [];
    const listener = listenToOutbox({
      url,
      onNews: () => void (news += 1),
      onFault: (error) => void faults.push(error),
    });
    await until(() => news === 1);
    proxy.cut();
    await until(() => faults.length > 0);
    await plantOrder(stack.database, 'confirmed');
    await sleep(500);
    expect(taken).toEqual([]);
    proxy.heal();
    await until(() => taken.length === 1 && news >= 2);
    await listener.close();
    await started.stop();
    await database.close();
    await proxy.close();
  });

  test('finishes what it has when it is stopped, and takes nothing new', async () => {
    let release = () => {};
    const held = new Promise<void>((resolve) => (release = resolve));
    const { it, taken } = consumer(() => held);
    const started = relay(it, { pollMs: 20 });
    await plantOrder(stack.database, 'confirmed');
    await until(async () => (await rows())[0]?.attempts === 1);
    const stopped = started.stop();
    await plantOrder(stack.database, 'confirmed');
    release();
    await stopped;
    expect(taken).toHaveLength(1);
    expect(await rows()).toHaveLength(1);
  });

  test('reports how much waits and for how long', async () => {
    const store = createOutboxStore(stack.database);
    expect(await store.backlog()).toEqual({ rows: 0, oldestAgeMs: 0 });
    await plantOrder(stack.database, 'confirmed');
    await stack.database.pool.query(`update outbox set created_at = now() - interval '1 minute'`);
    const { rows: waiting, oldestAgeMs } = await store.backlog();
    expect(waiting).toBe(1);
    for (let more = 0; more < 3; more += 1) await plantOrder(stack.database, 'confirmed');
    expect(await Promise.all([2, 4, 5].map((most) => store.depth(most)))).toEqual([2, 4, 4]);
    expect(oldestAgeMs).toBeGreaterThan(59_000);
  });
});
