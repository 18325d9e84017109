import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createChargeStore } from '../../../src/adapters/postgres/money/charge-store.js';
import { migrate } from '../../../src/adapters/postgres/migrate.js';
import { CALL, createPayingOrders, type PayingOrders } from '../../support/paying-orders.js';
import { startStack, type Stack } from '../../support/stack.js';

const WINDOW_MS = 10_000;
const ROUTES = [
  { prefix: 'pm_card_', gateway: 'stripe' },
  { prefix: '', gateway: 'sandbox' },
];

let stack: Stack;
let orders: PayingOrders;
beforeAll(async () => {
  stack = await startStack();
  orders = createPayingOrders(stack.database);
});
afterAll(async () => stack?.close());

const charges = (routes = ROUTES) => createChargeStore(stack.database, routes);

test.each([
  ['pm_card_visa', 'stripe'],
  ['pm_ok', 'sandbox'],
  ['the_pm_card_', 'sandbox'],
])('a charge by %s is made at the gateway %s, and is looked up there', async (method, gateway) => {
  const { run } = await orders.reserved({ paymentMethod: method });
  const at = { gateway, chargeId: null };
  expect(await charges().claim(run, WINDOW_MS, WINDOW_MS)).toMatchObject({ kind: 'send', at, request: { method } });
  await charges().troubled(run, 1, { kind: 'ambiguous', reason: 'timeout' }, CALL);
  expect(await charges().standing(run, 0)).toMatchObject({ kind: 'open', at });
  const other = charges([{ prefix: '', gateway: 'other' }]);
  expect(await other.claim(run, WINDOW_MS, WINDOW_MS)).toMatchObject({ kind: 'send', doubtful: true, at });
});

test('a later charge of an order is made at the gateway of its first one', async () => {
  const { order, run } = await orders.reserved({ paymentMethod: 'pm_ok' });
  await charges().claim(run, WINDOW_MS, WINDOW_MS);
  await charges().troubled(run, 1, { kind: 'not_executed', reason: 'connection refused' }, CALL);
  await charges().standing(run, 0);
  const next = await orders.handOver(order.orderId);
  const elsewhere = charges([{ prefix: '', gateway: 'stripe' }]);
  expect(await elsewhere.claim(next, WINDOW_MS, WINDOW_MS)).toMatchObject({
    kind: 'send',
    attempt: 2,
    at: { gateway: 'sandbox' },
  });
});

test("the provider's id of a charge is kept once, and only while the charge may be sent", async () => {
  const { run } = await orders.reserved({ paymentMethod: 'pm_card_visa' });
  await charges().claim(run, WINDOW_MS, WINDOW_MS);
  expect(await charges().prepared(run, 1, 'pi_1')).toBe('pi_1');
  expect(await charges().prepared(run, 1, 'pi_2')).toBe('pi_1');
  expect(await charges().prepared({ ...run, owner: 'run-2' }, 1, 'pi_1')).toBeUndefined();
  await charges().troubled(run, 1, { kind: 'not_executed', reason: 'connection refused' }, CALL);
  expect(await charges().claim(run, WINDOW_MS, WINDOW_MS)).toMatchObject({
    at: { gateway: 'stripe', chargeId: 'pi_1' },
  });
  await charges().declined(run, 1, 'card_declined', CALL);
  expect(await charges().prepared(run, 1, 'pi_1')).toBeUndefined();
});

test('charges from before several gateways were made at the one that is configured', async () => {
  const { pool } = stack.database;
  const { run, order } = await orders.reserved({});
  await charges().claim(run, WINDOW_MS, WINDOW_MS);
  await pool.query(
    `alter table payment_attempts drop column gateway, drop column charge_id, drop column next_action, drop column act_by;
     drop table disputes; delete from kysely_migration where name like '0018%'`,
  );
  expect(await migrate(stack.database, undefined, 'voucher')).toEqual(['0018_gateways.sql']);
  const { rows } = await pool.query(`select gateway from payment_attempts where order_id = $1`, [order.orderId]);
  expect(rows).toEqual([{ gateway: 'voucher' }]);
});
