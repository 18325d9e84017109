import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { serveSandbox, type RunningSandbox } from '../../../src/sandbox/serve.js';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, eventually, lettersOf, stockTrouble, trailOf } from '../../support/end-state.js';
import { freePort } from '../../support/holdfast-process.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

let stack: Stack;
let shop: Shop;
let gateway: RunningSandbox | undefined;
let port: number;
beforeAll(async () => {
  stack = await startStack();
  port = await freePort();
  // No gateway listens there until a test starts one.
  const SANDBOX_URL = `http://127.0.0.1:${port}`;
  shop = createShop((await stack.serve('api,worker', { ...QUICK, SANDBOX_URL })).url);
});
afterAll(async () => {
  await gateway?.close();
  await stack?.close();
});

const redrive = (letterId: string) => shop.send(`/v1/dead-letters/${letterId}/redrive`, {}, {});
const keyOf = (orderId: string, attempt: number) => `${orderId}:charge:${attempt}`;

/** Orders that failed because no gateway was there, and then a gateway. */
async function failedOrders(count: number): Promise<{ id: string; letter: string }[]> {
  await gateway?.close();
  gateway = undefined;
  const failed = await Promise.all(
    Array.from({ length: count }, async () => {
      const { body } = await shop.post(aCheckout(), { Prefer: 'wait=30' });
      expect(body).toMatchObject({ status: 'failed', failure: { reason: 'payment_unavailable' } });
      const [letter] = await lettersOf(stack, body.id);
      return { id: body.id, letter: letter?.id ?? '' };
    }),
  );
  gateway = await serveSandbox({ port });
  return failed;
}

async function ledger(orderId: string) {
  const response = await fetch(`http://127.0.0.1:${port}/v1/ledger?order_id=${orderId}`);
  const { data } = (await response.json()) as {
    data: { type: string; key: string; state: string; amount_minor: number }[];
  };
  return data;
}

test('R28: two redrives at once are one run: one is accepted, the other refused', async () => {
  const orders = await failedOrders(3);
  for (const { id, letter } of orders) {
    const answers = await Promise.all([redrive(letter), redrive(letter)]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 409]));
    expect(answers.map(({ body }) => body.code)).toContain('not-redrivable');
    await shop.until(id, ['confirmed']);
    expect(await ledger(id)).toMatchObject([{ type: 'charge', key: keyOf(id, 2), state: 'captured' }]);
    const trail = await trailOf(stack, id);
    expect(trail.filter((type) => type === 'order.redriven')).toHaveLength(1);
    expect(await lettersOf(stack, id)).toMatchObject([{ kind: 'charge', state: 'resolved' }]);
  }
  expect(await stockTrouble(stack)).toEqual([]);
});

test('R28: a charge that lands before the redrive goes back first: never two charges are kept', async () => {
  const [first] = await failedOrders(1);
  const { id, letter } = first ?? { id: '', letter: '' };
  const charge = { order_id: id, amount_minor: 1_999, currency: 'EUR', method: 'pm_ok' };
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': keyOf(id, 1) };
  await fetch(`http://127.0.0.1:${port}/v1/charges`, { method: 'POST', headers, body: JSON.stringify(charge) });

  expect((await redrive(letter)).status).toBe(202);
  await shop.until(id, ['confirmed']);
  expect(await ledger(id)).toMatchObject([
    { type: 'charge', key: keyOf(id, 1), state: 'captured' },
    { type: 'refund', amount_minor: 1_999 },
    { type: 'charge', key: keyOf(id, 2), state: 'captured' },
  ]);
});

test('R28: a redrive and a cancel at once end in one outcome, with as much money back as was not kept', async () => {
  for (const { id, letter } of await failedOrders(3)) {
    const [redriven] = await Promise.all([
      redrive(letter),
      shop.ask(id, 'cancel', { reason: 'no' }).then(({ status }) => expect([202, 409]).toContain(status)),
    ]);
    expect(redriven.status).toBe(202);
    const order = await shop.until(id, ['confirmed', 'cancelled']);
    const entries = await ledger(id);
    const kept = entries.reduce((sum, { type, amount_minor }) => sum + (type === 'charge' ? 1 : -1) * amount_minor, 0);
    expect(kept).toBe(order.status === 'confirmed' ? 1_999 : 0);
  }
  expect(await stockTrouble(stack)).toEqual([]);
});

test.each(['confirmed', 'cancelled', 'completed'])(
  'R28: the redrive of an order that is %s is refused',
  async (status) => {
    gateway ??= await serveSandbox({ port });
    const { body } = await shop.post(aCheckout(), { Prefer: 'wait=30' });
    if (status === 'cancelled') await shop.ask(body.id, 'cancel', { reason: 'no' });
    if (status === 'completed') await shop.ask(body.id, 'fulfilment');
    await shop.until(body.id, [status]);
    // A dead letter that was forgotten.
    const { id: letter } = await stack.database.kysely
      .insertInto('dead_letters')
      .values({ order_id: body.id, kind: 'charge', step: 'charge', error_class: 'payment_unavailable', last_error: '' })
      .returning('id')
      .executeTakeFirstOrThrow();
    const { body: before } = await shop.get(body.id);
    const answer = await redrive(letter);
    expect([answer.status, answer.body.code]).toEqual([409, 'not-redrivable']);
    expect((await shop.get(body.id)).body).toEqual(before);
    expect(await endStateOf(stack, before)).toMatchObject({ status });
  },
);

test('R28: a redrive while the gateway is down waits for it: what came before must be known first', async () => {
  const [first] = await failedOrders(1);
  const { id, letter } = first ?? { id: '', letter: '' };
  await gateway?.close();
  gateway = undefined;
  expect((await redrive(letter)).status).toBe(202);
  expect((await redrive(letter)).status).toBe(409);
  await new Promise((resolve) => setTimeout(resolve, 1_000));
  expect((await shop.get(id)).body.status).toBe('pending');
  gateway = await serveSandbox({ port });
  await shop.until(id, ['confirmed']);
  expect(await ledger(id)).toMatchObject([{ key: keyOf(id, 2), state: 'captured' }]);
});

test('R28: an order whose redrive fails again can be redriven again; its attempts count on', async () => {
  gateway ??= await serveSandbox({ port });
  const { body } = await shop.post(aCheckout({}, 'pm_fail_9'), { Prefer: 'wait=30' });
  for (const failures of [2, 3]) {
    const open = (await lettersOf(stack, body.id)).filter(({ state }) => state === 'open');
    expect(open).toHaveLength(1);
    // The run that failed closes a moment after the order says so.
    await eventually(
      () => redrive(open[0]?.id ?? ''),
      ({ status }) => status === 202,
    );
    await eventually(
      () => trailOf(stack, body.id),
      (trail) => trail.filter((type) => type === 'order.failed').length === failures,
    );
  }
  const order = await shop.until(body.id, ['failed']);
  expect(order.payment.attempts.map(({ state, tries }) => [state, tries])).toEqual(
    Array.from({ length: 3 }, () => ['not_charged', 4]),
  );
  expect(await ledger(body.id)).toEqual([]);
  expect(await stockTrouble(stack)).toEqual([]);
});
