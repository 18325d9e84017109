import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { eventually } from '../support/end-state.js';
import { aCheckout, createShop, type Answer, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const QUICK = { RETRY_INITIAL_MS: '200', GATEWAY_SETTLING_MS: '0', BREAKER_FAILURES: '1000' };
const why = { reason: 'changed my mind' };

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker', QUICK)).url);
});
afterAll(async () => stack?.close());

/** What is left of a cancelled order: no stock held, and as much money back as was taken. */
async function expectNothingKept(orderId: string, charges: number): Promise<void> {
  const ledger = await stack.ledger(orderId);
  const captured = ledger.filter(({ type, state }) => type === 'charge' && state === 'captured');
  const refunded = ledger.filter(({ type }) => type === 'refund');
  expect([captured.length, refunded.length]).toEqual([charges, charges]);
  const held = await stack.database.kysely
    .selectFrom('reservations')
    .select('state')
    .where('order_id', '=', orderId)
    .where('state', 'in', ['active', 'committed'])
    .execute();
  expect(held).toEqual([]);
}

async function after<T>(ms: number, work: () => Promise<T>): Promise<T> {
  await new Promise((resolve) => setTimeout(resolve, ms));
  return work();
}

describe('a cancel', () => {
  test('stage 1, pending: ends before anything is reserved or charged', async () => {
    const alone = await startStack();
    try {
      const api = createShop((await alone.serve('api', QUICK)).url);
      const checkout = aCheckout();
      await api.post(checkout);
      expect(await api.ask(checkout.order_id, 'cancel', why)).toMatchObject({ status: 202 });
      await alone.serve('worker', QUICK);
      await api.until(checkout.order_id, ['cancelled']);
      expect(await alone.ledger(checkout.order_id)).toEqual([]);
    } finally {
      await alone.close();
    }
  });

  test('stage 2, in review: ends without a decision', async () => {
    const strict = { ...QUICK, FRAUD_REVIEW_ABOVE_MINOR: '1' };
    const alone = await startStack();
    try {
      const reviewed = createShop((await alone.serve('api,worker', strict)).url);
      const checkout = aCheckout();
      await reviewed.post(checkout);
      await reviewed.until(checkout.order_id, ['in_review']);
      expect(await reviewed.ask(checkout.order_id, 'cancel', why)).toMatchObject({ status: 202 });
      await reviewed.until(checkout.order_id, ['cancelled']);
      expect(await reviewed.ask(checkout.order_id, 'review', { decision: 'approve' })).toMatchObject({ status: 409 });
      expect(await alone.ledger(checkout.order_id)).toEqual([]);
    } finally {
      await alone.close();
    }
  });

  test('stage 3, reserved and nothing sent yet: releases, and nothing is ever sent', async () => {
    const outage = {
      ...QUICK,
      BREAKER_FAILURES: '1',
      BREAKER_HALF_OPEN_MS: '600000',
      SANDBOX_URL: 'http://127.0.0.1:9',
    };
    const alone = await startStack();
    try {
      const closed = createShop((await alone.serve('api,worker', outage)).url);
      const opener = aCheckout();
      await closed.post(opener);
      await closed.until(opener.order_id, ['reserved']);
      const checkout = aCheckout();
      await closed.post(checkout);
      const refused = ({ body }: Answer) => body.payment.attempts.some(({ tries }) => tries === 0);
      await eventually(() => closed.get(checkout.order_id), refused);
      expect(await closed.ask(checkout.order_id, 'cancel', why)).toMatchObject({ status: 202 });
      const order = await closed.until(checkout.order_id, ['cancelled']);
      expect(order.payment.attempts.map(({ tries }) => tries)).toEqual([0]);
      expect(await alone.ledger(checkout.order_id)).toEqual([]);
    } finally {
      await alone.close();
    }
  });

  test('stage 4, charge in flight: awaits it; one charge, one refund', async () => {
    const checkout = aCheckout({}, 'pm_slow_3000');
    await shop.post(checkout);
    await shop.untilCharging(checkout.order_id);
    const asked = await shop.ask(checkout.order_id, 'cancel', why);
    expect(asked).toMatchObject({ status: 202, body: { cancel_requested: true } });
    await shop.until(checkout.order_id, ['cancelled']);
    await expectNothingKept(checkout.order_id, 1);
  });

  test('stage 5, waiting for a retry: stops trying; nothing is charged', async () => {
    const checkout = aCheckout({}, 'pm_fail_99');
    await shop.post(checkout);
    await shop.until(checkout.order_id, ['reserved']);
    expect(await shop.ask(checkout.order_id, 'cancel', why)).toMatchObject({ status: 202 });
    await shop.until(checkout.order_id, ['cancelled']);
    await expectNothingKept(checkout.order_id, 0);
  });

  test.each([
    ['captured', 1],
    ['declined', 0],
  ])('stage 6, outcome unknown: awaits it; once it is %s, %i charge is refunded', async (outcome, charges) => {
    const quick = createShop((await stack.serve('api,worker', { ...QUICK, GATEWAY_TIMEOUT_MS: '300' })).url);
    const checkout = aCheckout({}, 'pm_processing');
    await quick.post(checkout);
    await quick.until(checkout.order_id, ['payment_unknown']);
    expect(await quick.ask(checkout.order_id, 'cancel', why)).toMatchObject({ status: 202 });
    await quick.until(checkout.order_id, ['cancelling']);
    await stack.settleAtGateway(`${checkout.order_id}:charge:1`, outcome);
    await quick.until(checkout.order_id, ['cancelled']);
    await expectNothingKept(checkout.order_id, charges);
  });

  test('stage 7, confirmed: refunds and restocks before it says cancelled, and a second cancel changes nothing', async () => {
    const checkout = aCheckout();
    await shop.post(checkout, { Prefer: 'wait=20' });
    const answers = await Promise.all([1, 2, 3].map(() => shop.ask(checkout.order_id, 'cancel', why)));
    expect(answers.every(({ status }) => status === 202 || status === 200)).toBe(true);
    await shop.until(checkout.order_id, ['cancelled']);
    await expectNothingKept(checkout.order_id, 1);
  });

  test('stage 8, completed or failed: is refused with the status', async () => {
    const completed = aCheckout();
    await shop.post(completed, { Prefer: 'wait=20' });
    expect(await shop.ask(completed.order_id, 'fulfilment')).toMatchObject({ status: 200 });
    const failed = aCheckout({}, 'pm_declined');
    await shop.post(failed, { Prefer: 'wait=20' });
    for (const { order_id } of [completed, failed]) {
      const answer = await shop.ask(order_id, 'cancel', why);
      expect(answer).toMatchObject({ status: 409, body: { code: 'not-cancellable' } });
    }
  });

  test('stage 9, cancelled: answers 200 with the order', async () => {
    const checkout = aCheckout();
    await shop.post(checkout, { Prefer: 'wait=20' });
    await shop.ask(checkout.order_id, 'cancel', why);
    await shop.until(checkout.order_id, ['cancelled']);
    expect(await shop.ask(checkout.order_id, 'cancel', why)).toMatchObject({
      status: 200,
      body: { status: 'cancelled' },
    });
  });

  test('racing fulfillment: one of the two wins each time, the other is refused', async () => {
    const race = async (i: number): Promise<'cancelled' | 'completed'> => {
      const checkout = aCheckout({ items: [{ sku: 'product-B', quantity: 1 }] });
      await shop.post(checkout, { Prefer: 'wait=20' });
      // Each of them has a head start in turn, of 0 to 180 ms.
      const headStartMs = (i % 10) * 20;
      const [cancel, fulfil] = await Promise.all([
        after(i % 20 < 10 ? 0 : headStartMs, () => shop.ask(checkout.order_id, 'cancel', why)),
        after(i % 20 < 10 ? headStartMs : 0, () => shop.ask(checkout.order_id, 'fulfilment')),
      ]);
      expect([cancel.status, fulfil.status]).toEqual(cancel.status === 202 ? [202, 409] : [409, 200]);
      const wanted = cancel.status === 202 ? 'cancelled' : 'completed';
      await shop.until(checkout.order_id, [wanted]);
      return wanted;
    };
    const lanes = Array.from({ length: 4 }, async (_, lane) => {
      const ends: string[] = [];
      for (let i = lane * 25; i < lane * 25 + 25; i += 1) ends.push(await race(i));
      return ends;
    });
    const ends = (await Promise.all(lanes)).flat();
    expect(ends).toHaveLength(100);
    expect(new Set(ends)).toEqual(new Set(['cancelled', 'completed']));
  }, 240_000);
});
