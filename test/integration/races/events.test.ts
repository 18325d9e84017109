import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endStateOf, eventually, lettersOf, trailOf } from '../../support/end-state.js';
import { freePort } from '../../support/holdfast-process.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../../support/shop.js';
import { anEvent, inboxOf, inboxSize, newSecret, postEvent } from '../../support/signed-events.js';
import { startStack, type Stack } from '../../support/stack.js';
import { gatewayEventWorkflowId, orderWorkflowId } from '../../../src/workflows/contract.js';

// No look-up comes by itself for a minute: what is known before was told by an event.
const TOLD = {
  RETRY_INITIAL_MS: '100',
  BREAKER_FAILURES: '1000',
  GATEWAY_TIMEOUT_MS: '300',
  GATEWAY_SETTLING_MS: '60000',
};
const [oldSecret, secret] = [newSecret(), newSecret()];
const why = { reason: 'changed my mind' };

let stack: Stack;
let shop: Shop;
let url: string;
beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  stack = await startStack({ events: { url: `${url}/webhooks/payments/sandbox`, secrets: [secret] } });
  const SANDBOX_EVENT_SECRETS = `${oldSecret},${secret}`;
  shop = createShop((await stack.serve('api,worker', { ...TOLD, PORT: `${port}`, SANDBOX_EVENT_SECRETS })).url);
});
afterAll(async () => stack?.close());

const keyOf = (orderId: string) => `${orderId}:charge:1`;
const sleep = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

async function unknownOrder(): Promise<string> {
  const checkout = aCheckout({}, 'pm_processing');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['payment_unknown']);
  return checkout.order_id;
}

async function atSandbox(path: string, body: unknown, key = ''): Promise<void> {
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': key };
  const response = await fetch(`${stack.sandboxUrl}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
}

/** A charge that reaches the gateway long after everybody has given it up. */
const chargeLate = (orderId: string) =>
  atSandbox(
    '/v1/charges',
    { order_id: orderId, amount_minor: 1_999, currency: 'EUR', method: 'pm_ok' },
    keyOf(orderId),
  );

const allProcessed = (orderId: string, count: number) =>
  eventually(
    () => inboxOf(stack, orderId),
    (rows) => rows.length === count && rows.every(({ processed_at: at }) => at !== null),
  );

test('an order whose charge the gateway reports too is one workflow', async () => {
  const checkouts = [aCheckout(), aCheckout(), aCheckout()];
  const ids = checkouts.map(({ order_id }) => order_id);
  for (const checkout of checkouts) await shop.post(checkout);
  for (const id of ids) await shop.until(id, ['confirmed']);
  const events = (await Promise.all(ids.map((id) => allProcessed(id, 1)))).flat();
  expect(events.map(({ effect }) => effect)).toEqual(ids.map(() => 'known before'));

  const { workflow } = stack.client;
  for (const { event_id: eventId } of events) {
    const handle = workflow.getHandle(gatewayEventWorkflowId('sandbox', eventId));
    await expect(handle.describe()).rejects.toMatchObject({ name: 'WorkflowNotFoundError' });
  }
  const startedFor = async () => {
    const started = [];
    for await (const { workflowId } of workflow.list()) started.push(workflowId);
    return started.filter((workflowId) => ids.some((id) => workflowId.includes(id))).sort();
  };
  await eventually(startedFor, (found) => found.length >= ids.length);
  expect(await startedFor()).toEqual(ids.map(orderWorkflowId).sort());
});

test.each(['captured', 'declined'])(
  'R18: an unknown payment is settled by the event that it was %s, long before the next look-up',
  async (outcome) => {
    const id = await unknownOrder();
    await stack.settleAtGateway(keyOf(id), outcome);
    const order = await shop.until(id, ['confirmed', 'failed'], 15_000);
    const captured = outcome === 'captured';
    expect(await endStateOf(stack, order)).toEqual({
      status: captured ? 'confirmed' : 'failed',
      reason: captured ? null : 'payment_declined',
      charges: captured ? [keyOf(id)] : [],
      refunds: 0,
      kept: captured ? 1_999 : 0,
      reservations: [captured ? 'committed' : 'released'],
    });
    expect(await lettersOf(stack, id)).toMatchObject([{ kind: 'payment_unknown', state: 'resolved' }]);
  },
);

test('R14: a cancel and the event of the payment in the same moment end the same way, no matter which is first', async () => {
  const offsets = [2_700, 2_850, 2_950, 3_000, 3_050, 3_100, 3_200, 3_400];
  const ids = await Promise.all(offsets.map(() => unknownOrder()));
  await Promise.all(
    ids.map(async (id, i) => {
      await stack.settleAtGateway(keyOf(id), 'captured');
      await sleep(offsets[i] ?? 0);
      expect((await shop.ask(id, 'cancel', why)).status).toBe(202);
    }),
  );
  for (const id of ids) {
    const ended = await endStateOf(stack, await shop.until(id, ['cancelled']));
    expect(ended).toMatchObject({ charges: [keyOf(id)], refunds: 1, kept: 0 });
    expect(ended.reservations).not.toContain('active');
    expect(ended.reservations).not.toContain('committed');
  }
});

test.each(['failed', 'cancelled'])(
  'R17: money that is taken after the order is %s goes back once, and the order stays as it is',
  async (status) => {
    const checkout = aCheckout({}, status === 'failed' ? 'pm_fail_9' : 'pm_fail_99');
    const { order_id: id } = checkout;
    await shop.post(checkout);
    await shop.until(id, ['reserved', 'failed']);
    if (status === 'cancelled') await shop.ask(id, 'cancel', why);
    const before = await shop.until(id, [status]);
    await atSandbox('/v1/events/behaviour', { copies: 3, shuffle: true });
    await chargeLate(id);
    await eventually(
      () => stack.ledger(id),
      (ledger) => ledger.some(({ type }) => type === 'refund'),
    );
    await atSandbox('/v1/events/behaviour', {});
    await atSandbox('/v1/events/resend', { charge_key: keyOf(id) });
    await allProcessed(id, 2);

    const { body: after } = await shop.get(id);
    expect([after.status, after.failure]).toEqual([status, before.failure]);
    expect(await endStateOf(stack, after)).toMatchObject({ charges: [keyOf(id)], refunds: 1, kept: 0 });
    expect(after.refunds).toMatchObject([{ state: 'succeeded', amount_minor: 1_999 }]);
  },
);

test('R19: an event that comes before its order has a row waits for it, and then changes nothing', async () => {
  const id = newOrderId();
  const event = anEvent('charge.captured', id);
  expect(await postEvent(url, event, { secret })).toBe(200);
  const handle = stack.client.workflow.getHandle(gatewayEventWorkflowId('sandbox', event.id));
  const lastFailure = async () => {
    const { raw } = await handle.describe();
    return raw.pendingActivities?.[0]?.lastFailure?.message ?? '';
  };
  await eventually(
    // It is started a moment after the event was acknowledged.
    () => lastFailure().catch(() => ''),
    (message) => message.includes('no order of this event is known yet'),
  );
  await shop.post(aCheckout({ order_id: id }));
  await shop.until(id, ['confirmed']);
  await allProcessed(id, 2);
  const order = await shop.until(id, ['confirmed']);
  expect(await endStateOf(stack, order)).toMatchObject({ charges: [keyOf(id)], refunds: 0, kept: 1_999 });
  expect(await trailOf(stack, id)).toEqual(['order.created', 'inventory.reserved', 'order.confirmed']);
});

test('R20: an event thrice at once, again later, and an older one after it have one effect', async () => {
  const id = await unknownOrder();
  await atSandbox('/v1/events/behaviour', { copies: 3, shuffle: true });
  await stack.settleAtGateway(keyOf(id), 'captured');
  const confirmed = await shop.until(id, ['confirmed']);
  await atSandbox('/v1/events/resend', { charge_key: keyOf(id) });
  const stray = anEvent('charge.declined', id);
  const statuses = await Promise.all([1, 2, 3].map(() => postEvent(url, stray, { secret })));
  expect(statuses).toEqual([200, 200, 200]);
  await allProcessed(id, 2);
  await atSandbox('/v1/events/behaviour', {});

  const order = await shop.until(id, ['confirmed']);
  expect(order.version).toBe(confirmed.version);
  expect(await endStateOf(stack, order)).toMatchObject({
    charges: [keyOf(id)],
    refunds: 0,
    reservations: ['committed'],
  });
  expect(await trailOf(stack, id)).toHaveLength(order.version);

  const days = new Date(Date.now() - 3 * 86_400_000);
  expect(await postEvent(url, stray, { secret, at: days })).toBe(400);
  expect(await inboxOf(stack, id)).toHaveLength(2);
});

test('R22: a message that is forged, stale, cut short or without a signature is refused, and nothing is written', async () => {
  const id = await unknownOrder();
  const before = await inboxSize(stack);
  const event = anEvent('charge.captured', id);
  const sent = [
    { secret: newSecret() },
    { secret, at: new Date(Date.now() - 310_000) },
    { secret, at: new Date(Date.now() + 310_000) },
    { secret, spoil: (body: string) => body.slice(0, -10) },
    { secret, spoil: (body: string) => body.replace('1999', '9999') },
    { secret, headers: { 'webhook-signature': '' } },
    { secret, headers: { 'webhook-signature': 'v1,' } },
    { secret, headers: { 'webhook-id': 'evt_another' } },
    { secret, headers: { 'webhook-timestamp': 'now' } },
  ];
  for (const sending of sent) expect(await postEvent(url, event, sending)).toBe(400);
  expect(await inboxSize(stack)).toBe(before);
  expect((await shop.get(id)).body.status).toBe('payment_unknown');
});

test('R22: while one secret replaces another, messages under both are taken', async () => {
  const id = await unknownOrder();
  expect(await postEvent(url, anEvent('charge.captured', id), { secret: oldSecret })).toBe(200);
  expect(await postEvent(url, anEvent('charge.captured', id), { secret })).toBe(200);
  // A message is only a hint: the gateway itself says that the charge is still under way.
  await allProcessed(id, 2);
  expect((await shop.get(id)).body.status).toBe('payment_unknown');
});

test('R37: the time of a message may be off by less than five minutes, in the past and in the future', async () => {
  const id = newOrderId();
  for (const seconds of [-290, 290]) {
    const at = new Date(Date.now() + seconds * 1_000);
    expect(await postEvent(url, anEvent('charge.captured', id), { secret, at })).toBe(200);
  }
});

test('R26: a refund that the gateway takes back is shown as failed, under a dead letter, and redriven with a new key', async () => {
  const checkout = aCheckout();
  const { order_id: id } = checkout;
  await shop.post(checkout, { Prefer: 'wait=20' });
  await shop.ask(id, 'cancel', why);
  await shop.until(id, ['cancelled']);
  const key = (await stack.ledger(id)).find(({ type }) => type === 'refund')?.key ?? '';
  await atSandbox(`/v1/refunds/${encodeURIComponent(key)}/fail`, {});
  const [letter] = await eventually(
    () => lettersOf(stack, id),
    (letters) => letters.length === 1,
  );
  expect(letter).toMatchObject({ kind: 'refund', state: 'open' });
  expect((await shop.get(id)).body).toMatchObject({ status: 'cancelled', refunds: [{ state: 'failed' }] });

  expect((await shop.send(`/v1/dead-letters/${letter?.id}/redrive`, {}, {})).status).toBe(202);
  await eventually(
    () => shop.get(id),
    ({ body }) => body.refunds[0]?.state === 'succeeded',
  );
  const refunds = (await stack.ledger(id)).filter(({ type }) => type === 'refund');
  expect(new Set(refunds.map((refund) => refund.key)).size).toBe(2);
});
