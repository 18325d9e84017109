import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { orderWorkflowId } from '../../src/workflows/contract.js';
import { eventually } from '../support/end-state.js';
import { aCheckout, createShop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { startTcpProxy, type TcpProxy } from '../support/tcp-proxy.js';

let stack: Stack;
const proxies: TcpProxy[] = [];
// One for each test: a worker of another test, which reaches its database, would take over the orders.
beforeEach(async () => {
  stack = await startStack();
});
afterEach(async () => {
  await stack?.close();
  await Promise.all(proxies.splice(0).map((proxy) => proxy.close()));
});

async function proxyTo(target: string): Promise<TcpProxy> {
  const proxy = await startTcpProxy(target);
  proxies.push(proxy);
  return proxy;
}

test('without Temporal a checkout is answered 503, and the same checkout is accepted once it is back', async () => {
  const line = await proxyTo(stack.temporalAddress);
  const api = await stack.serve('api', { TEMPORAL_ADDRESS: line.address, TEMPORAL_DEADLINE_MS: '1500' });
  await stack.serve('worker');
  const shop = createShop(api.url);
  line.cut();

  const checkout = aCheckout();
  const refused = await shop.post(checkout);
  expect(refused.status).toBe(503);
  expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
  expect(refused.body).toMatchObject({ code: 'unavailable', dependency: 'temporal' });
  expect(refused.body.detail).toContain('safe');
  expect((await fetch(`${api.internalUrl}/readyz`)).status).toBe(503);

  line.heal();
  let answer = await shop.post(checkout);
  for (let i = 0; i < 20 && answer.status === 503; i += 1) answer = await shop.post(checkout);
  expect([200, 202]).toContain(answer.status);
  await shop.until(checkout.order_id, ['confirmed']);
  expect(await stack.ledger(checkout.order_id)).toHaveLength(1);
});

test('without the database a checkout is answered 503 and nothing is started; an accepted order waits for it', async () => {
  const { host } = new URL(stack.databaseUrl);
  const line = await proxyTo(host);
  const url = Object.assign(new URL(stack.databaseUrl), { host: line.address }).href;
  const api = await stack.serve('api,worker', { DATABASE_URL: url });
  const shop = createShop(api.url);
  const open = aCheckout({}, 'pm_slow_800');
  expect((await shop.post(open)).status).toBe(202);
  line.cut();

  const checkout = aCheckout();
  const refused = await shop.post(checkout);
  expect(refused.status).toBe(503);
  expect(refused.body).toMatchObject({ code: 'unavailable', dependency: 'database' });
  await new Promise((resolve) => setTimeout(resolve, 1_500));

  line.heal();
  await shop.until(open.order_id, ['confirmed'], 45_000);
  expect(await stack.ledger(open.order_id)).toHaveLength(1);
  expect((await shop.get(checkout.order_id)).status).toBe(404);
  expect((await shop.post(checkout)).status).toBe(202);
});

test('twelve seconds without the database fail none of the orders in progress, and Temporal shows what they wait for', async () => {
  const { host } = new URL(stack.databaseUrl);
  const line = await proxyTo(host);
  const url = Object.assign(new URL(stack.databaseUrl), { host: line.address }).href;
  const api = await stack.serve('api,worker', { DATABASE_URL: url });
  const shop = createShop(api.url);
  const orders = Array.from({ length: 16 }, (_, index) => aCheckout({}, index % 2 === 0 ? 'pm_ok' : 'pm_slow_2500'));
  const answers = await Promise.all(orders.map((order) => shop.post(order)));
  line.cut();
  expect(answers.map(({ status }) => status)).toEqual(orders.map(() => 202));

  await new Promise((resolve) => setTimeout(resolve, 12_000));
  const shown = async () => {
    const waiting = await Promise.all(
      orders.map(({ order_id }) => stack.client.workflow.getHandle(orderWorkflowId(order_id)).describe()),
    );
    const activities = waiting.flatMap(({ raw }) => raw.pendingActivities ?? []);
    return activities.map(({ lastFailure }) => lastFailure?.message);
  };
  await eventually(shown, (messages) => messages.includes('database is unavailable'));

  line.heal();
  await Promise.all(orders.map((order) => shop.until(order.order_id, ['confirmed'], 45_000)));
  for (const { order_id } of orders) expect(await stack.ledger(order_id)).toHaveLength(1);
}, 120_000);

test('while another transaction holds the locks that it needs, a request is answered 503, and the same is done later', async () => {
  const api = await stack.serve('api,worker');
  const shop = createShop(api.url);
  const { pathname } = new URL(stack.databaseUrl);
  await stack.database.pool.query(`alter database ${pathname.slice(1)} set lock_timeout = '200ms'`);
  const locker = await stack.database.pool.connect();
  try {
    // Those that are open have no such limit yet.
    await locker.query(
      `select pg_terminate_backend(pid) from pg_stat_activity where datname = $1 and pid <> pg_backend_pid()`,
      [pathname.slice(1)],
    );
    await locker.query('begin; lock table products, orders');
    const refused = await shop.post(aCheckout());
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(refused.body).toMatchObject({ code: 'unavailable', dependency: 'database' });
  } finally {
    await locker.query('rollback');
    locker.release();
    await stack.database.pool.query(`alter database ${pathname.slice(1)} reset lock_timeout`);
  }
  const checkout = aCheckout();
  expect((await shop.post(checkout)).status).toBe(202);
  await shop.until(checkout.order_id, ['confirmed']);
});
