import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { HoldfastProcess } from '../../support/holdfast-process.js';
import { poolers } from '../../support/poolers.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';
import { startStrictPooler, type Pooler } from '../../support/strict-pooler.js';
import { startReceiver, type Receiver } from '../../support/webhook-receiver.js';
import { createWebhookDesk } from '../../support/webhooks.js';

const CHECKOUTS = 40;
const AT_ONCE = 10;
const CONFIRMED = ['inventory.reserved', 'order.confirmed', 'order.created', 'payment.succeeded'];

let stack: Stack;
beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack?.close());

describe.each(poolers())('behind %s', (_name, start) => {
  let pooler: Pooler;
  let receiver: Receiver;
  let holdfast: HoldfastProcess;
  let shop: Shop;
  let desk: ReturnType<typeof createWebhookDesk>;
  beforeAll(async () => {
    pooler = await start(stack.databaseUrl);
    receiver = await startReceiver();
    holdfast = await stack.serve('api,worker', { DATABASE_URL: pooler.url, WEBHOOK_ALLOW_PRIVATE: 'true' });
    shop = createShop(holdfast.url);
    desk = createWebhookDesk(holdfast.url);
    await desk.create(receiver.url);
  });
  afterAll(async () => {
    await stack.database.pool.query(`update webhook_endpoints set state = 'deleted'`);
    await holdfast?.stop();
    await receiver?.close();
    await pooler?.close();
  });

  async function confirmed(): Promise<string> {
    const checkout = aCheckout();
    expect((await shop.post(checkout)).status).toBe(202);
    await shop.until(checkout.order_id, ['confirmed']);
    return checkout.order_id;
  }

  test('every checkout is accepted and confirmed, and its events arrive', async () => {
    const checkouts = Array.from({ length: CHECKOUTS }, () => aCheckout());
    const waiting = [...checkouts];
    const answers: number[] = [];
    const lane = async () => {
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
        answers.push((await shop.post(next)).status);
      }
    };
    await Promise.all(Array.from({ length: AT_ONCE }, lane));
    expect(answers).toEqual(checkouts.map(() => 202));
    const orders = await Promise.all(
      checkouts.map(async ({ order_id }) => shop.until(order_id, ['confirmed', 'failed'])),
    );
    expect(orders.map(({ status }) => status)).toEqual(checkouts.map(() => 'confirmed'));
    await receiver.has(CHECKOUTS * CONFIRMED.length);
    const told = checkouts.map(({ order_id }) =>
      receiver
        .ofOrder(order_id)
        .map(({ type }) => type)
        .sort(),
    );
    expect(told).toEqual(checkouts.map(() => CONFIRMED));
  });

  test('orders are refunded and cancelled, and followed to their end', async () => {
    const id = await confirmed();
    const refund = { amount_minor: 100, reason: 'scratched' };
    expect((await shop.ask(id, 'refunds', refund, { 'Idempotency-Key': randomUUID() })).status).toBe(202);
    expect((await shop.ask(id, 'cancel', { reason: 'changed my mind' })).status).toBe(202);
    await shop.until(id, ['cancelled']);
    const { body } = await shop.get(id);
    expect(body.refunds.map(({ state, amount_minor }) => [state, amount_minor])).toEqual([
      ['succeeded', 100],
      ['succeeded', 1_899],
    ]);
    expect(await (await shop.follow(id)).text()).toContain('event: settled\ndata: {"status":"cancelled"}');
  });

  test('a line in the log says that events are looked for, and what to set', () => {
    expect(holdfast.output()).toMatch(/pooler, where LISTEN may not work.*DATABASE_DIRECT_URL/);
  });
});

describe('with DATABASE_DIRECT_URL', () => {
  test('one connection listens there, and nothing is warned of', async () => {
    const pooler = await startStrictPooler(stack.databaseUrl);
    const holdfast = await stack.serve('api,worker', {
      DATABASE_URL: pooler.url,
      DATABASE_DIRECT_URL: stack.databaseUrl,
    });
    const { rows } = await stack.database.pool.query<{ query: string }>(
      `select query from pg_stat_activity where application_name = 'holdfast listener' and datname = current_database()`,
    );
    expect(rows).toEqual([{ query: 'listen holdfast_outbox' }]);
    expect(holdfast.output()).not.toContain('pooler');
    await holdfast.stop();
    await pooler.close();
  });
});
