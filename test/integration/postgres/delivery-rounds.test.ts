import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Kysely, PostgresDialect } from 'kysely';
import { createWebhookDeliveryStore } from '../../../src/adapters/postgres/events/delivery-reader.js';
import { createEndpointStore } from '../../../src/adapters/postgres/events/endpoint-store.js';
import { createWebhookStore } from '../../../src/adapters/postgres/events/webhook-store.js';
import { kyselyPool } from '../../../src/adapters/postgres/kysely-pool.js';
import type { Database } from '../../../src/adapters/postgres/pool.js';
import type { Run } from '../../../src/adapters/postgres/statements.js';
import type { WebhookStore } from '../../../src/relay/relay-ports.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let store: WebhookStore;
beforeAll(async () => {
  stack = await startStack();
  store = createWebhookStore(stack.database);
});
afterAll(async () => stack?.close());

async function aWaitingDelivery(url: string): Promise<string> {
  const fields = { url, description: '', eventTypes: ['*'], secret: 'whsec_AAAA' };
  const created = await createEndpointStore(stack.database).create(fields, 50);
  if (created.kind !== 'done') throw new Error(created.kind);
  const endpointId = created.endpoint.id;
  const event = { messageId: `evt_${url}`, type: 'order.confirmed', orderId: 'o', seq: 1 };
  await store.add([{ endpointId, ...event, state: 'retrying', pauseMs: 3_600_000 }]);
  const [delivery] = await createWebhookDeliveryStore(stack.database).list({ endpointId, limit: 1 });
  return delivery?.id ?? '';
}

test.each([
  ['was just given its workflow', 'watched'],
  ['could not be given its workflow', 'watchAgain'],
] as const)('a delivery that is replayed while its round before %s is looked after at once', async (_, end) => {
  const id = await aWaitingDelivery(`https://${end.toLowerCase()}.example/`);
  const [taken] = await store.toWatch(10);
  if (taken === undefined) throw new Error('it was not taken');
  expect(taken).toMatchObject({ id, round: 0 });

  const replayed = await createWebhookDeliveryStore(stack.database).replay(id);
  expect(replayed).toMatchObject({ kind: 'replayed' });
  await (end === 'watched' ? store.watched([taken]) : store.watchAgain(taken, 600_000));
  expect(await store.toWatch(10)).toMatchObject([{ id, round: 1, tries: 0, waitMs: 0 }]);
});

/** The same database, in which something else happens between the begin of a transaction and its first statement. */
function afterBegin(database: Database, meanwhile: () => Promise<unknown>): Database {
  const run: Run = async (client, statement) => {
    const result = await database.run<never>(client, statement);
    if (statement.text === 'begin') await meanwhile();
    return result;
  };
  return {
    ...database,
    kysely: new Kysely({ dialect: new PostgresDialect({ pool: kyselyPool(database.pool, run) }) }),
  };
}

test('two replays at once are one round, even if the one that is second began first', async () => {
  const id = await aWaitingDelivery('https://twice.example/');
  const first = () => createWebhookDeliveryStore(stack.database).replay(id);
  const second = createWebhookDeliveryStore(afterBegin(stack.database, first));
  expect(await second.replay(id)).toMatchObject({ kind: 'replayed' });
  const taken = await store.toWatch(10);
  expect(taken.filter((one) => one.id === id)).toMatchObject([{ round: 1 }]);
});
