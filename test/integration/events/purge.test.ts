import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createWebhookStore } from '../../../src/adapters/postgres/webhook-store.js';
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
