import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { DEFAULT_POLICY, type OrderPolicy } from '../../../src/domain/policy.js';
import { orderWorkflowId, PROCESS_ORDER, TASK_QUEUE } from '../../../src/workflows/contract.js';
import { endStateOf, eventually, lettersOf, stockTrouble } from '../../support/end-state.js';
import { anAcceptedOrder } from '../../support/order-rows.js';
import { createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const HOUR = 3_600_000;

// The letter is there at once, and the next try by itself half an hour away.
const POLICY: OrderPolicy = {
  ...DEFAULT_POLICY,
  retry: { retries: 1, initialIntervalMs: 200, backoffCoefficient: 9_000, maximumIntervalMs: HOUR },
  undoAlarmMs: 1_000,
};

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker')).url);
  // Counts the tries in a sequence: what a transaction wrote that failed would be gone.
  await stack.database.pool.query(
    `create sequence tries;
     create function refuse() returns trigger language plpgsql as $$
       begin perform nextval('tries'); perform pg_sleep(0.5); raise exception 'no'; end $$`,
  );
});
afterAll(async () => stack?.close());

const press = (letter: string) => shop.send(`/v1/dead-letters/${letter}/redrive`, {}, {});

async function tries(): Promise<number> {
  const { rows } = await stack.database.pool.query<{ n: number }>(
    `select case when is_called then last_value else 0 end as n from tries`,
  );
  return rows[0]?.n ?? 0;
}

/** An order that was declined, and whose stock cannot be released. */
async function stuckOrder() {
  const { pool } = stack.database;
  await pool.query(`create trigger refuse before insert on stock_movements
                      for each row when (new.kind = 'release') execute function refuse()`);
  const order = anAcceptedOrder({ paymentMethod: 'pm_declined' });
  await stack.client.workflow.start(PROCESS_ORDER, {
    workflowId: orderWorkflowId(order.orderId),
    taskQueue: TASK_QUEUE,
    args: [order, POLICY],
  });
  const [letter] = await eventually(
    () => lettersOf(stack, order.orderId),
    (letters) => letters.length === 1,
  );
  expect(letter).toMatchObject({ kind: 'compensation', state: 'open' });
  await shop.until(order.orderId, ['compensating']);
  const mend = () => pool.query('drop trigger refuse on stock_movements');
  return { id: order.orderId, letter: letter?.id ?? '', mend };
}

test('R24: the redrive of an undo that keeps failing has it tried within a second, pressed once or twice', async () => {
  const { id, letter, mend } = await stuckOrder();
  const before = await tries();
  expect((await press(letter)).status).toBe(202);
  await eventually(tries, (now) => now === before + 1, 1_000);
  // That try takes half a second; redrives in the meantime get one more try after it, not one each.
  const presses = await Promise.all([press(letter), press(letter), press(letter)]);
  expect(presses.map(({ status }) => status)).toEqual([202, 202, 202]);
  await eventually(tries, (now) => now === before + 2, 2_000);
  await new Promise((resolve) => setTimeout(resolve, 1_500));
  expect(await tries()).toBeLessThanOrEqual(before + 3);
  expect(await lettersOf(stack, id)).toMatchObject([{ state: 'open' }]);

  await mend();
  const pressed = Date.now();
  const twice = await Promise.all([press(letter), press(letter)]);
  expect(twice.map(({ status }) => status)).toContain(202);
  const order = await shop.until(id, ['failed'], 2_000);
  expect(Date.now() - pressed).toBeLessThan(2_000);
  expect(await endStateOf(stack, order)).toMatchObject({ reason: 'payment_declined', reservations: ['released'] });
  await eventually(
    () => lettersOf(stack, id),
    ([only]) => only?.state === 'resolved',
    1_000,
  );
  expect((await press(letter)).body).toMatchObject({ code: 'not-redrivable', state: 'resolved' });
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R24: an undo whose run no longer exists is finished by the redrive', async () => {
  const { id, letter, mend } = await stuckOrder();
  await stack.client.workflow.getHandle(orderWorkflowId(id)).terminate('by an operator');
  await mend();
  expect((await press(letter)).status).toBe(202);
  const order = await shop.until(id, ['failed'], 5_000);
  expect(await endStateOf(stack, order)).toMatchObject({ reason: 'payment_declined', reservations: ['released'] });
  expect(await lettersOf(stack, id)).toMatchObject([{ kind: 'compensation', state: 'resolved' }]);
  expect(await stockTrouble(stack)).toEqual([]);
});
