import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { orderWorkflowId } from '../../src/workflows/contract.js';
import { QUICK } from '../support/crash-road.js';
import { eventually, lettersOf } from '../support/end-state.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { TEST_KEY } from '../support/test-key.js';
import { startReceiver } from '../support/webhook-receiver.js';
import { createWebhookDesk } from '../support/webhooks.js';

let stack: Stack;
let shop: Shop;
let strict: Shop;
let url: string;
beforeAll(async () => {
  stack = await startStack();
  const settings = { ...QUICK, GATEWAY_TIMEOUT_MS: '300', WEBHOOK_ALLOW_PRIVATE: 'true' };
  const [first, second] = await Promise.all([
    stack.serve('api,worker', settings),
    stack.serve('api', { ...settings, FRAUD_REVIEW_ABOVE_MINOR: '1' }),
  ]);
  [shop, strict] = [createShop(first.url), createShop(second.url)];
  url = first.url;
});
afterAll(async () => stack?.close());

/** Headers of a request by this person, and what is then recorded. */
function by(name: string) {
  const requestId = randomUUID();
  return {
    headers: { 'X-Actor': name, 'X-Request-Id': requestId },
    actor: { key_id: TEST_KEY.id, key_name: 'tests', name, request_id: requestId },
  };
}

async function actorsOf(id: string): Promise<Record<string, unknown>> {
  const { body } = await shop.call(`/v1/orders/${id}/events`);
  const { data } = body as unknown as { data: { type: string; actor: unknown }[] };
  return Object.fromEntries(data.map(({ type, actor }) => [type, actor]));
}

const letter = async (id: string) => (await shop.call(`/v1/dead-letters/${id}`)).body;
const openLetter = async (orderId: string) => {
  const letters = await eventually(
    () => lettersOf(stack, orderId),
    (found) => found.length > 0,
  );
  return letters[0]?.id ?? '';
};

async function placed(method = 'pm_ok', status = 'confirmed', to = shop): Promise<string> {
  const { order_id: id, ...rest } = aCheckout({}, method);
  await to.post({ order_id: id, ...rest });
  await to.until(id, [status]);
  return id;
}

describe('the timeline of an order says on whose behalf', () => {
  test('it was placed and fulfilled; what Holdfast did on its own has no actor', async () => {
    const [ada, bo] = [by('Ada'), by('Bo, on call')];
    const checkout = aCheckout();
    await shop.post(checkout, ada.headers);
    await shop.until(checkout.order_id, ['confirmed']);
    await shop.ask(checkout.order_id, 'fulfilment', {}, bo.headers);
    expect(await actorsOf(checkout.order_id)).toEqual({
      'order.created': ada.actor,
      'inventory.reserved': null,
      'order.confirmed': null,
      'order.completed': bo.actor,
    });
  });

  test('it was placed when a fraud check wants to see it, and who decided: of two at once, the one that counts', async () => {
    const ada = by('Ada');
    const checkout = aCheckout();
    const { order_id: id } = checkout;
    await strict.post(checkout, ada.headers);
    await strict.until(id, ['in_review']);
    const two = [by('Ben'), by('Cleo')];
    const answers = await Promise.all(
      ['approve', 'reject'].map((decision, at) => strict.ask(id, 'review', { decision }, two[at]?.headers)),
    );
    const winner = answers.findIndex(({ status }) => status === 200);
    await shop.until(id, ['confirmed', 'failed']);
    expect(await actorsOf(id)).toMatchObject({
      'order.created': ada.actor,
      'order.in_review': null,
      [winner === 0 ? 'review.approved' : 'review.rejected']: two[winner]?.actor,
    });
  });

  test.each([
    ['confirmed', 'pm_ok', ['order.cancelling', 'refund.succeeded', 'order.cancelled']],
    ['reserved', 'pm_slow_250', ['order.cancelling', 'order.cancelled']],
    ['payment_unknown', 'pm_processing', ['order.cancelling']],
  ])('it was cancelled while %s: the first who asked', async (status, method, types) => {
    const id = await placed(method, status);
    const [first, second] = [by('First'), by('Second')];
    expect((await shop.ask(id, 'cancel', { reason: 'no' }, first.headers)).status).toBe(202);
    await shop.ask(id, 'cancel', { reason: 'mine' }, second.headers);
    await eventually(
      () => actorsOf(id),
      (actors) => types.every((type) => type in actors),
    );
    const actors = await actorsOf(id);
    expect(types.map((type) => [type, actors[type]])).toEqual(types.map((type) => [type, first.actor]));
  });

  test('a refund was requested and the goods came back: of two with one key, the accepted one', async () => {
    const id = await placed();
    const two = [by('Dora'), by('Emil')];
    const body = { reason: 'too small', restock: true };
    await Promise.all(two.map(({ headers }) => shop.ask(id, 'refunds', body, { ...headers, 'Idempotency-Key': 'r1' })));
    const actors = await eventually(
      () => actorsOf(id),
      (found) => 'refund.succeeded' in found,
    );
    expect(two.map(({ actor }) => actor)).toContainEqual(actors['refund.succeeded']);
    const back = async () => {
      const { body: page } = await shop.call('/v1/products/product-A/stock-movements');
      const { data } = page as unknown as { data: { kind: string; order_id: string; actor: unknown }[] };
      return data.find(({ kind, order_id }) => kind === 'restock' && order_id === id);
    };
    const movement = await eventually(back, (found) => found !== undefined);
    expect(movement?.actor).toEqual(actors['refund.succeeded']);
  });
});

describe('a dead letter says who', () => {
  test('had the order redriven: of two at once, the accepted one', async () => {
    const id = await placed('pm_fail_4', 'failed');
    const letterId = await openLetter(id);
    const two = [by('Fay'), by('Gus')];
    const send = ({ headers }: ReturnType<typeof by>) => shop.send(`/v1/dead-letters/${letterId}/redrive`, {}, headers);
    const answers = await eventually(
      () => Promise.all(two.map(send)),
      (all) => all.some(({ status }) => status === 202),
    );
    const { actor } = two[answers.findIndex(({ status }) => status === 202)] ?? by('nobody');
    expect(await letter(letterId)).toMatchObject({ redriven_by: actor, evidence_by: null, discarded_by: null });
    expect(await actorsOf(id)).toMatchObject({ 'order.redriven': actor });
  });

  test('had it looked up again, and gave the evidence that confirmed the order', async () => {
    const id = await placed('pm_processing', 'payment_unknown');
    const letterId = await openLetter(id);
    const [hal, ida] = [by('Hal'), by('Ida')];
    await shop.send(`/v1/dead-letters/${letterId}/redrive`, {}, hal.headers);
    const evidence = { outcome: 'charged', reference: 'ch_1', note: 'seen there' };
    await shop.send(`/v1/dead-letters/${letterId}/evidence`, evidence, ida.headers);
    await shop.send(`/v1/dead-letters/${letterId}/evidence`, evidence, by('Too late').headers);
    await shop.until(id, ['confirmed']);
    expect(await letter(letterId)).toMatchObject({ redriven_by: hal.actor, evidence_by: ida.actor });
    expect(await actorsOf(id)).toMatchObject({ 'order.confirmed': ida.actor });
  });

  test('had a refused refund sent again, and gave the evidence that it succeeded', async () => {
    const id = await placed('pm_refund_fails');
    const [jo, kim, lou] = [by('Jo'), by('Kim'), by('Lou')];
    await shop.ask(id, 'refunds', { reason: 'broken' }, { ...jo.headers, 'Idempotency-Key': 'r1' });
    const letterId = await openLetter(id);
    expect(await actorsOf(id)).toMatchObject({ 'refund.failed': jo.actor });
    await shop.send(`/v1/dead-letters/${letterId}/redrive`, {}, kim.headers);
    await eventually(
      () => letter(letterId),
      (one) => (one as unknown as { redriven_by: unknown }).redriven_by !== null,
    );
    expect(await letter(letterId)).toMatchObject({ redriven_by: kim.actor });
    const evidence = { outcome: 'refunded', reference: 're_1', note: 'by bank' };
    await eventually(
      () => shop.send(`/v1/dead-letters/${letterId}/evidence`, evidence, lou.headers),
      ({ status }) => status === 202,
    );
    const actors = await eventually(
      () => actorsOf(id),
      (found) => 'refund.succeeded' in found,
    );
    expect(actors).toMatchObject({ 'refund.succeeded': lou.actor });
    expect(await letter(letterId)).toMatchObject({ redriven_by: kim.actor, evidence_by: lou.actor });
  });

  test('discarded it', async () => {
    const id = await placed('pm_fail_9', 'failed');
    const letterId = await openLetter(id);
    const max = by('Max');
    await shop.send(`/v1/dead-letters/${letterId}/discard`, { note: 'customer left' }, max.headers);
    expect(await letter(letterId)).toMatchObject({ state: 'discarded', discarded_by: max.actor, redriven_by: null });
  });
});

test('a movement of stock says who made it', async () => {
  const [nell, oz] = [by('Nell'), by('Oz')];
  const sku = `actor-${randomUUID().slice(0, 8)}`;
  const product = { sku, name: 'Pen', currency: 'EUR', unit_price_minor: 100, on_hand: 2 };
  expect((await shop.send('/v1/products', product, nell.headers)).status).toBe(201);
  const more = { delta: 3, reason: 'delivery' };
  await shop.send(`/v1/products/${sku}/stock-adjustments`, more, { ...oz.headers, 'Idempotency-Key': 'a1' });
  const { body } = await shop.call(`/v1/products/${sku}/stock-movements`);
  expect(body).toMatchObject({ data: [{ actor: oz.actor }, { reason: 'created', actor: nell.actor }] });
});

test('the actor appears nowhere else: not at an endpoint, and not in Temporal’s lists', async () => {
  const receiver = await startReceiver();
  const name = `Pia ${randomUUID()}`;
  try {
    await createWebhookDesk(url).create(receiver.url);
    const checkout = aCheckout();
    await shop.post(checkout, by(name).headers);
    await shop.until(checkout.order_id, ['confirmed']);
    await shop.ask(checkout.order_id, 'cancel', { reason: 'no' }, by(name).headers);
    await shop.until(checkout.order_id, ['cancelled']);
    await receiver.has(7);
    expect(receiver.received.map(({ body }) => body).filter((body) => /Pia|actor|key_id/.test(body))).toEqual([]);
    for (const prefix of [orderWorkflowId, (id: string) => `cancel-${id}`]) {
      const described = await stack.client.workflow.getHandle(prefix(checkout.order_id)).describe();
      const { memo, searchAttributes } = described;
      const seen = JSON.stringify([memo, searchAttributes, await described.staticSummary()]);
      expect(seen).not.toContain('Pia');
    }
  } finally {
    await receiver.close();
  }
});
