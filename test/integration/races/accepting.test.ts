import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { QUICK } from '../../support/crash-road.js';
import { DONE, startDeadlyLine, type DeadlyLine } from '../../support/deadly-line.js';
import { endStateOf, eventually } from '../../support/end-state.js';
import { aCheckout, createShop, newOrderId, type Answer, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';
import { orderWorkflowId } from '../../../src/workflows/contract.js';

let stack: Stack;
let one: Shop;
let other: Shop;
const lines: DeadlyLine[] = [];
type Checkout = ReturnType<typeof aCheckout>;

const FORGOTTEN = ['pm_ok', 'pm_declined'];
const forgotten = new Map<string, { checkout: Checkout; settled: Answer['body'] }>();

beforeAll(async () => {
  stack = await startStack();
  const [first, second] = await Promise.all([stack.serve('api,worker', QUICK), stack.serve('api', QUICK)]);
  [one, other] = [createShop(first.url), createShop(second.url)];
  for (const method of FORGOTTEN) forgotten.set(method, await settleAndForget(aCheckout({}, method)));
});
afterAll(async () => {
  await stack?.close();
  await Promise.all(lines.map((line) => line.close()));
});

/** Temporal takes its time to delete a run: about a minute. */
async function settleAndForget(checkout: Checkout): Promise<{ checkout: Checkout; settled: Answer['body'] }> {
  const { body: settled } = await one.post(checkout, { Prefer: 'wait=20' });
  const workflowExecution = { workflowId: orderWorkflowId(checkout.order_id) };
  await stack.client.workflowService.deleteWorkflowExecution({ namespace: stack.namespace, workflowExecution });
  return { checkout, settled };
}

async function isForgotten(orderId: string): Promise<boolean> {
  const handle = stack.client.workflow.getHandle(orderWorkflowId(orderId));
  return handle.describe().then(
    () => false,
    () => true,
  );
}

function missing(what: string): never {
  throw new Error(`${what} is missing`);
}

const countOf = (answers: Answer[], status: number) => answers.filter((answer) => answer.status === status).length;

test('R1: the same checkout sent to two instances at once is one order, and each of the others gets it as a replay', async () => {
  for (let round = 0; round < 8; round += 1) {
    const checkout = aCheckout();
    const answers = await Promise.all([one, other, one, other, one, other].map((shop) => shop.post(checkout)));
    expect([countOf(answers, 202), countOf(answers, 200)]).toEqual([1, 5]);
    expect(new Set(answers.map(({ body }) => body.id))).toEqual(new Set([checkout.order_id]));
    const order = await one.until(checkout.order_id, ['confirmed']);
    expect(await endStateOf(stack, order)).toMatchObject({ charges: [`${checkout.order_id}:charge:1`], kept: 1_999 });
  }
});

test('R1: an order known by its Idempotency-Key alone is one order on two instances', async () => {
  const { order_id: _, ...checkout } = aCheckout();
  const key = { 'Idempotency-Key': newOrderId() };
  const answers = await Promise.all([one, other, one, other].map((shop) => shop.post(checkout, key)));
  expect([countOf(answers, 202), countOf(answers, 200)]).toEqual([1, 3]);
  expect(new Set(answers.map(({ body }) => body.id)).size).toBe(1);
});

test('R2: two bodies under one id, sent at once: the first is the order, the other is a conflict', async () => {
  for (let round = 0; round < 8; round += 1) {
    const checkout = aCheckout();
    const larger = { ...checkout, items: [{ sku: 'product-A', quantity: 2 }] };
    const [first, second] = await Promise.all([one.post(checkout), other.post(larger)]);
    expect(new Set([first.status, second.status])).toEqual(new Set([202, 409]));
    expect([first.body.code, second.body.code]).toContain('order-conflict');
    const order = await one.until(checkout.order_id, ['confirmed']);
    expect(order.items).toMatchObject([{ quantity: first.status === 202 ? 1 : 2 }]);
    expect(await stack.ledger(checkout.order_id)).toHaveLength(1);
  }
});

test('R2: another body is a conflict before, while and after the first is worked on, and the first is unaffected', async () => {
  const checkout = aCheckout({}, 'pm_slow_700');
  const conflicts = async () => {
    const { status, body } = await other.post({ ...checkout, customer_id: 'someone else' });
    expect([status, body.code]).toEqual([409, 'order-conflict']);
  };
  expect((await one.post(checkout)).status).toBe(202);
  await conflicts();
  await one.until(checkout.order_id, ['reserved']);
  await conflicts();
  await one.until(checkout.order_id, ['confirmed']);
  await conflicts();
  expect(await stack.ledger(checkout.order_id)).toHaveLength(1);
});

test.each(['before', 'after'] as const)(
  'R3: an API killed right %s it started the workflow: the same checkout again ends in exactly one order',
  async (when) => {
    const line = await startDeadlyLine(stack.temporalAddress, DONE.temporal);
    lines.push(line);
    const victim = await stack.serve('api', { ...QUICK, TEMPORAL_ADDRESS: line.address });
    const checkout = aCheckout();
    line.strike({ sees: (said) => said.includes(checkout.order_id), when }, () => victim.kill('SIGKILL'));
    await expect(createShop(victim.url).post(checkout)).rejects.toThrow();
    expect(await victim.exited).toBeNull();

    // A request without an answer either never began, or continues on its own.
    if (when === 'before') expect((await other.get(checkout.order_id)).status).toBe(404);
    else await other.until(checkout.order_id, ['confirmed']);
    expect((await other.post(checkout)).status).toBe(when === 'before' ? 202 : 200);
    const order = await other.until(checkout.order_id, ['confirmed']);
    expect(await endStateOf(stack, order)).toMatchObject({ charges: [`${checkout.order_id}:charge:1`], kept: 1_999 });
  },
);

test('R34: prices and products that change between acceptance and charge do not touch an accepted order', async () => {
  const alone = await startStack();
  try {
    const shop = createShop((await alone.serve('api', QUICK)).url);
    const product = { sku: 'changing', name: 'Thing', currency: 'EUR', unitPriceMinor: 500, onHand: 5 };
    await alone.seed(product);
    const checkout = aCheckout({ items: [{ sku: product.sku, quantity: 2 }], total_minor: 1_000 });
    expect((await shop.post(checkout)).status).toBe(202);
    await alone.seed({ ...product, name: 'Renamed', unitPriceMinor: 900 });
    await alone.database.kysely.updateTable('products').set({ active: false }).where('sku', '=', product.sku).execute();

    expect((await shop.post(checkout)).body).toMatchObject({ status: 'pending', total_minor: 1_000 });
    expect((await shop.post({ ...checkout, order_id: newOrderId() })).status).toBe(422);
    await alone.serve('worker', QUICK);
    const order = await shop.until(checkout.order_id, ['confirmed']);
    expect(order.items).toEqual([{ sku: product.sku, name: 'Thing', quantity: 2, unit_price_minor: 500 }]);
    expect(await alone.ledger(checkout.order_id)).toMatchObject([{ state: 'captured', amount_minor: 1_000 }]);
  } finally {
    await alone.close();
  }
});

test.each(FORGOTTEN)(
  'R4: a client comes back when Temporal has forgotten the order (%s), and gets the same order or a conflict',
  async (method) => {
    const { checkout, settled } = forgotten.get(method) ?? missing(method);
    await eventually(
      () => isForgotten(checkout.order_id),
      (isGone) => isGone,
      150_000,
    );
    for (const shop of [one, other]) {
      const again = await shop.post(checkout);
      expect([again.status, again.headers.get('idempotency-replayed')]).toEqual([200, 'true']);
      expect(again.body).toEqual(settled);
      const conflict = await shop.post({ ...checkout, payment: { method: 'pm_slow_1' } });
      expect([conflict.status, conflict.body.code]).toEqual([409, 'order-conflict']);
    }
    expect(await isForgotten(checkout.order_id)).toBe(true);
    expect(await stack.ledger(checkout.order_id)).toHaveLength(1);
  },
  160_000,
);
