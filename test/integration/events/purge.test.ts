import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { openDatabase } from '../../../src/adapters/postgres/pool.js';
import { createEndpointStore } from '../../../src/adapters/postgres/events/endpoint-store.js';
import { createWebhookStore } from '../../../src/adapters/postgres/events/webhook-store.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(async () => stack?.close());

const DAY_MS = 86_400_000;
const run = (text: string) => stack.database.pool.query(text);
const endpoint = async (state: string) =>
  (
    await run(
      `insert into webhook_endpoints (url, event_types, trail_types, secret, old_secret, old_secret_until, state)
       values (gen_random_uuid(), '{*}', '{}', 's', 'old', now() - interval '1 second', '${state}') returning id`,
    )
  ).rows[0]['id'] as string;

/** A delivery whose id says that it is so many days old, as its state. */
async function delivery(endpointId: string, state: string, days: number): Promise<void> {
  await run(
    `with d as (
       insert into webhook_deliveries (id, endpoint_id, message_id, type, state)
       values ('wd_' || replace(uuidv7(interval '-${days} days')::text, '-', ''), '${endpointId}', gen_random_uuid(),
               '${state} ${days}', '${state}')
       returning id
     ) insert into delivery_attempts (delivery_id, number, outcome, latency_ms) select id, 1, 'accepted', 1 from d`,
  );
}

test('what ended long ago is deleted with its tries, a bounded number at a time, and what is open never', async () => {
  const kept = await endpoint('enabled');
  const gone = await endpoint('deleted');
  for (const days of [1, 8, 9, 10]) await delivery(kept, 'delivered', days);
  for (const days of [8, 91]) for (const state of ['failed', 'retrying', 'pending']) await delivery(kept, state, days);
  await delivery(gone, 'cancelled', 91);
  const store = createWebhookStore(stack.database);
  const olderThan = { deliveredMs: 7 * DAY_MS, failedMs: 90 * DAY_MS };

  expect(await store.purge(2, olderThan)).toBe(2);
  expect(await store.purge(100, olderThan)).toBe(3);
  expect(await store.purge(100, olderThan)).toBe(0);
  const { rows } = await run('select type from webhook_deliveries order by type');
  const left = ['delivered 1', 'failed 8', 'pending 8', 'pending 91', 'retrying 8', 'retrying 91'];
  expect(rows.map(({ type }: { type: string }) => type)).toEqual(left);
  expect((await run('select from delivery_attempts')).rowCount).toBe(left.length);
  expect((await run('select id, old_secret from webhook_endpoints')).rows).toEqual([{ id: kept, old_secret: null }]);
});

test('what is still open of a deleted endpoint is ended, and of others is not', async () => {
  const [kept, gone] = [await endpoint('enabled'), await endpoint('deleted')];
  for (const id of [kept, gone]) for (const state of ['pending', 'retrying', 'delivered']) await delivery(id, state, 1);
  await createWebhookStore(stack.database).purge(100, { deliveredMs: 7 * DAY_MS, failedMs: 90 * DAY_MS });
  const statesOf = async (id: string) =>
    (await run(`select state from webhook_deliveries where endpoint_id = '${id}' order by state`)).rows.map(
      ({ state }: { state: string }) => state,
    );
  expect(await statesOf(gone)).toEqual(['cancelled', 'cancelled', 'delivered']);
  expect(await statesOf(kept)).toEqual(['delivered', 'pending', 'retrying']);
});

test('an endpoint can be deleted no matter how many deliveries are open', async () => {
  const id = await endpoint('enabled');
  await run(
    `insert into webhook_deliveries (endpoint_id, message_id, type, state)
     select '${id}', 'evt_' || n, 'order.created', 'retrying' from generate_series(1, 60000) as n`,
  );
  const database = openDatabase({
    url: stack.databaseUrl,
    size: 2,
    connectTimeoutMs: 5_000,
    statementTimeoutMs: 1_000,
    onError: () => {},
  });
  expect(await createEndpointStore(database).remove(id)).toBe(true);
  await database.close();
  expect((await run(`select state from webhook_endpoints where id = '${id}'`)).rows).toEqual([{ state: 'deleted' }]);
  const { rows } = await run(`select count(*)::integer from webhook_deliveries where state = 'cancelled'`);
  expect(rows[0]?.['count']).toBeGreaterThanOrEqual(10_000);
});
