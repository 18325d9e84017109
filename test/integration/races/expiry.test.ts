import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createCrashRoad, QUICK, runs } from '../../support/crash-road.js';
import { endStateOf, eventually, lettersOf, stockTrouble } from '../../support/end-state.js';
import { freePort } from '../../support/holdfast-process.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { newSecret } from '../../support/signed-events.js';
import { startStack, type Stack } from '../../support/stack.js';
import { orderWorkflowId } from '../../../src/workflows/contract.js';

const BRIEF = { ...QUICK, RESERVATION_TTL_MS: '1000', GATEWAY_TIMEOUT_MS: '300', AUDIT_INTERVAL_MS: '1000' };
const secret = newSecret();

let stack: Stack;
let shop: Shop;
let url: string;
beforeAll(async () => {
  url = `http://127.0.0.1:${await freePort()}`;
  stack = await startStack({ events: { url: `${url}/webhooks/payments/sandbox`, secrets: [secret] } });
  shop = createShop(url);
});
afterAll(async () => stack?.close());

const serve = (roles: string, environment: Record<string, string> = {}) =>
  stack.serve(roles, { ...BRIEF, SANDBOX_EVENT_SECRETS: secret, PORT: new URL(url).port, ...environment });
const isOver = (orderId: string) =>
  eventually(
    () => stack.database.pool.query('select 1 from reservations where order_id = $1 and expires_at < now()', [orderId]),
    ({ rowCount }) => rowCount === 1,
  );
const terminate = (orderId: string) =>
  stack.client.workflow.getHandle(orderWorkflowId(orderId)).terminate('by mistake');

const EXPIRED = { status: 'failed', reason: 'expired', charges: [], refunds: 0, kept: 0, reservations: ['expired'] };

test('R16: an order whose workers were down beyond its time is not charged, ends as expired, and its stock is back', async () => {
  const api = await serve('api');
  const road = createCrashRoad(stack);
  const checkout = aCheckout();
  const point = { line: 'database', when: 'after', says: runs('reserve') } as const;
  const hasStruck = await road.crash(point, checkout.order_id, () => shop.post(checkout));
  await road.close();
  expect(hasStruck).toBe(true);
  await isOver(checkout.order_id);

  const worker = await serve('worker');
  const order = await shop.until(checkout.order_id, ['failed'], 60_000);
  expect(await endStateOf(stack, order)).toEqual(EXPIRED);
  expect(await stack.ledger(checkout.order_id)).toEqual([]);
  expect(await lettersOf(stack, checkout.order_id)).toEqual([]);
  expect(await stockTrouble(stack)).toEqual([]);
  await Promise.all([api.stop(), worker.stop()]);
}, 120_000);

test('R18, R17: an unpaid order without a run expires, and money that is taken afterwards goes back once', async () => {
  // One refused connection opens the breaker: the order waits for it, and nothing was ever sent.
  const away = {
    SANDBOX_URL: `http://127.0.0.1:${await freePort()}`,
    BREAKER_FAILURES: '1',
    BREAKER_HALF_OPEN_MS: '600000',
  };
  const deaf = await serve('api,worker', { ...away, AUDIT_INTERVAL_MS: '86400000' });
  // An audit that the test before has left behind would find the order before its time is over.
  await eventually(
    () => stack.client.workflow.count(`WorkflowType = 'auditBooks' and ExecutionStatus = 'Running'`),
    ({ count }) => count === 0,
  );
  const checkout = aCheckout();
  const { order_id: id } = checkout;
  await shop.post(checkout);
  await shop.until(id, ['reserved']);
  // Until the refused connection is in the books, a charge might be on its way.
  await eventually(
    () => stack.database.pool.query('select 1 from gateway_calls where order_id = $1', [id]),
    ({ rowCount }) => rowCount === 1,
  );
  await terminate(id);
  await isOver(id);
  await deaf.stop();

  const sound = await serve('api,worker');
  const order = await shop.until(id, ['failed'], 60_000);
  expect(await endStateOf(stack, order)).toEqual(EXPIRED);
  const key = `${id}:charge:1`;
  const body = JSON.stringify({ order_id: id, amount_minor: 1_999, currency: 'EUR', method: 'pm_ok' });
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  expect((await fetch(`${stack.sandboxUrl}/v1/charges`, { method: 'POST', headers, body })).status).toBe(200);
  const ended = { ...EXPIRED, charges: [key], refunds: 1 };
  await eventually(
    () => endStateOf(stack, order),
    ({ refunds }) => refunds === 1,
  );
  expect(await endStateOf(stack, (await shop.get(id)).body)).toEqual(ended);
  expect(await stockTrouble(stack)).toEqual([]);
  await sound.stop();
}, 120_000);

test('R18: an order without a run that was paid before its time was over is found paid, and confirmed', async () => {
  const process = await serve('api,worker');
  const checkout = aCheckout({}, 'pm_processing');
  const { order_id: id } = checkout;
  await shop.post(checkout);
  await shop.until(id, ['payment_unknown']);
  await terminate(id);
  await isOver(id);
  await stack.settleAtGateway(`${id}:charge:1`, 'captured');
  const order = await shop.until(id, ['confirmed'], 60_000);
  expect(await endStateOf(stack, order)).toMatchObject({ charges: [`${id}:charge:1`], reservations: ['committed'] });
  expect(await stockTrouble(stack)).toEqual([]);
  await process.stop();
}, 120_000);
