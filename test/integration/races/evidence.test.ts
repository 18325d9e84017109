import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, lettersOf, stockTrouble } from '../../support/end-state.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { startStack, type Stack } from '../../support/stack.js';

const SETTINGS = { ...QUICK, GATEWAY_TIMEOUT_MS: '300' };
const ORDERS = 8;

let stack: Stack;
let shop: Shop;
let elsewhere: Shop;
beforeAll(async () => {
  stack = await startStack();
  shop = createShop((await stack.serve('api,worker', SETTINGS)).url);
  elsewhere = createShop((await stack.serve('api', SETTINGS)).url);
});
afterAll(async () => stack?.close());

test('R10: of two people who give opposite evidence at once, to two instances, the first counts and the other gets a conflict', async () => {
  const ids = await Promise.all(
    Array.from({ length: ORDERS }, async () => {
      const checkout = aCheckout({}, 'pm_processing');
      await shop.post(checkout);
      await shop.until(checkout.order_id, ['payment_unknown']);
      return checkout.order_id;
    }),
  );
  for (const [number, id] of ids.entries()) {
    const path = `/v1/dead-letters/${(await lettersOf(stack, id))[0]?.id}/evidence`;
    const say = (to: Shop, outcome: string) => to.send(path, { outcome, reference: 'ch_1', note: outcome }, {});
    const outcomes = number % 2 === 0 ? ['charged', 'not_charged'] : ['not_charged', 'charged'];
    const answers = await Promise.all([say(shop, outcomes[0] ?? ''), say(elsewhere, outcomes[1] ?? '')]);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202, 409]));
    const [winner, loser] = answers[0]?.status === 202 ? [0, 1] : [1, 0];
    const believed = outcomes[winner] ?? '';
    expect(answers[loser]?.body).toMatchObject({ code: 'evidence-conflict', outcome: believed });

    const order = await shop.until(id, ['confirmed', 'failed']);
    expect(order.status).toBe(believed === 'charged' ? 'confirmed' : 'failed');
    expect(await endStateOf(stack, order)).toMatchObject({ charges: [], kept: 0 });
    expect((await lettersOf(stack, id))[0]).toMatchObject({ kind: 'payment_unknown', state: 'resolved' });
    // A client that did not get the answer sends the same again.
    expect((await say(elsewhere, believed)).status).toBe(202);
    expect((await say(shop, outcomes[loser] ?? '')).body).toMatchObject({ code: 'evidence-conflict' });
    expect((await shop.get(id)).body.status).toBe(order.status);
  }
  expect(await stockTrouble(stack)).toEqual([]);
});
