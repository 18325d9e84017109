import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, eventually, lettersOf, stockTrouble } from '../../support/end-state.js';
import { aCheckout, createShop, type OrderJson, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const IMPATIENT = { ...QUICK, GATEWAY_TIMEOUT_MS: '300', PAYMENT_DEADLINE_MS: '3000', RESERVATION_TTL_MS: '1000' };
const why = { reason: 'changed my mind' };

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker', IMPATIENT)).url);
});
afterAll(async () => stack?.close());

const keyOf = (orderId: string) => `${orderId}:charge:1`;

async function posted(method: string): Promise<string> {
  const checkout = aCheckout({}, method);
  expect((await shop.post(checkout)).status).toBe(202);
  return checkout.order_id;
}

/** An order whose charge is under way at the gateway, which answers nothing more than that. */
async function unknownOrder(): Promise<string> {
  const id = await posted('pm_processing');
  await shop.until(id, ['payment_unknown']);
  return id;
}

const callsOf = async (orderId: string, operation: 'charge' | 'lookup') => {
  const rows = await stack.database.kysely
    .selectFrom('gateway_calls')
    .select('id')
    .where('order_id', '=', orderId)
    .where('operation', '=', operation)
    .execute();
  return rows.length;
};

async function expectPaidOnce(order: OrderJson): Promise<void> {
  expect(await endStateOf(stack, order)).toEqual({
    status: 'confirmed',
    reason: null,
    charges: [keyOf(order.id)],
    refunds: 0,
    kept: 1_999,
    reservations: ['committed'],
  });
}

test.each(['pm_timeout_after', 'pm_error_after', 'pm_fail_2', 'pm_slow_1200'])(
  'R7: a charge whose answer is lost or late (%s) is found, and the order confirmed with one charge',
  async (method) => {
    const id = await posted(method);
    await expectPaidOnce(await shop.until(id, ['confirmed']));
  },
);

test('R9: a charge that the gateway is still working on is asked for, and never sent under a second key', async () => {
  const id = await unknownOrder();
  const charges = await callsOf(id, 'charge');
  const lookups = await callsOf(id, 'lookup');
  await eventually(
    () => callsOf(id, 'lookup'),
    (count) => count >= lookups + 3,
  );
  expect(await callsOf(id, 'charge')).toBe(charges);
  expect(new Set((await stack.ledger(id)).map(({ key }) => key))).toEqual(new Set([keyOf(id)]));
  await stack.settleAtGateway(keyOf(id), 'captured');
  await expectPaidOnce(await shop.until(id, ['confirmed']));
});

test('R29: a charge that used up its tries is unknown, not failed: stock and dead letter stay until the outcome is known', async () => {
  const id = await unknownOrder();
  await new Promise((resolve) => setTimeout(resolve, 2_500));
  const waiting = await shop.until(id, ['payment_unknown']);
  expect(await endStateOf(stack, waiting)).toMatchObject({ charges: [], reservations: ['active'] });
  expect(await lettersOf(stack, id)).toMatchObject([{ kind: 'payment_unknown', state: 'open' }]);
  const [letter] = await lettersOf(stack, id);
  const discarded = await shop.send(`/v1/dead-letters/${letter?.id}/discard`, { note: 'never mind' }, {});
  expect([discarded.status, discarded.body.code]).toEqual([409, 'unsettled']);

  await stack.settleAtGateway(keyOf(id), 'captured');
  await expectPaidOnce(await shop.until(id, ['confirmed']));
  expect(await lettersOf(stack, id)).toMatchObject([{ state: 'resolved' }]);
});

test('R18: an order that is past its deadlines, and whose event was lost, is looked up and confirmed, not given up', async () => {
  const id = await unknownOrder();
  // Past the payment deadline and the reservation's time.
  await new Promise((resolve) => setTimeout(resolve, 4_000));
  await stack.settleAtGateway(keyOf(id), 'captured');
  await expectPaidOnce(await shop.until(id, ['confirmed']));
});

test('R11: a decline whose answer was lost ends the order; the customer pays under a new order and a new key', async () => {
  const id = await unknownOrder();
  await stack.settleAtGateway(keyOf(id), 'declined');
  const declined = await shop.until(id, ['failed']);
  expect(declined.payment.attempts).toMatchObject([{ state: 'declined' }]);
  expect(await endStateOf(stack, declined)).toMatchObject({ reason: 'payment_declined', reservations: ['released'] });
  const again = await shop.post(aCheckout({ order_id: id }, 'pm_processing'));
  expect([again.status, again.body.status]).toEqual([200, 'failed']);
  await expectPaidOnce(await shop.until(await posted('pm_ok'), ['confirmed']));
  expect(new Set((await stack.ledger(id)).map(({ key }) => key))).toEqual(new Set([keyOf(id)]));
});

test.each([
  ['charged', 'confirmed', null, 'committed'],
  ['not_charged', 'failed', 'payment_unavailable', 'released'],
])(
  'R10: an outcome that the gateway no longer knows is settled by a person as %s, and nothing is ever sent again',
  async (outcome, status, reason, reservation) => {
    const id = await unknownOrder();
    await stack.database.pool.query(
      `update payment_attempts set created_at = now() - interval '25 hours', updated_at = now() - interval '25 hours',
         send_by = now() - interval '25 hours' where order_id = '${id}'`,
    );
    const charges = await callsOf(id, 'charge');
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    expect(await callsOf(id, 'charge')).toBe(charges);

    const [letter] = await lettersOf(stack, id);
    const evidence = { outcome, reference: 'ch_by_phone', note: 'asked the bank' };
    const answers = await Promise.all(
      [1, 2].map(() => shop.send(`/v1/dead-letters/${letter?.id}/evidence`, evidence, {})),
    );
    expect(answers.map((answer) => answer.status)).toContain(202);
    const order = await shop.until(id, [status]);
    expect(await endStateOf(stack, order)).toMatchObject({ reason, charges: [], reservations: [reservation] });
    expect(order.payment.attempts).toHaveLength(1);
    expect(await callsOf(id, 'charge')).toBe(charges);
    expect((await lettersOf(stack, id))[0]).toMatchObject({ kind: 'payment_unknown', state: 'resolved' });
  },
);

test.each([
  ['succeeds, it is refunded once', 'pm_processing', 'captured', 1],
  ['is declined, the stock is released', 'pm_processing', 'declined', 0],
  ['succeeds unheard, it is refunded once', 'pm_timeout_after', undefined, 1],
  ['is slow, it is refunded once', 'pm_slow_1000', undefined, 1],
])('R13: when a charge in flight is cancelled and %s', async (_, method, outcome, count) => {
  const id = await posted(method);
  await shop.untilCharging(id);
  if (outcome !== undefined) await shop.until(id, ['payment_unknown']);
  expect((await shop.ask(id, 'cancel', why)).status).toBe(202);
  if (outcome !== undefined) {
    // No one knows yet: nothing is released and nothing is called cancelled.
    const waiting = await shop.until(id, ['cancelling']);
    await new Promise((resolve) => setTimeout(resolve, 700));
    expect(await endStateOf(stack, waiting)).toMatchObject({ reservations: ['active'] });
    expect((await shop.get(id)).body.status).toBe('cancelling');
    await stack.settleAtGateway(keyOf(id), outcome);
  }
  const ended = await endStateOf(stack, await shop.until(id, ['cancelled']));
  expect([ended.charges.length, ended.refunds, ended.kept]).toEqual([count, count, 0]);
  // Whether it was sold a moment before the cancel or not: it is back.
  expect(['released', 'restocked']).toContain(ended.reservations[0]);
  expect(await stockTrouble(stack)).toEqual([]);
});
