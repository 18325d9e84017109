import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { refundWorkflowId } from '../../../src/workflows/contract.js';
import { QUICK } from '../../support/crash-road.js';
import { endStateOf, eventually, lettersOf, stockTrouble, trailOf } from '../../support/end-state.js';
import { freePort } from '../../support/holdfast-process.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { newSecret } from '../../support/signed-events.js';
import { startStack, type Stack } from '../../support/stack.js';

// No look-up comes by itself for a minute: what is known before was told by an event or a person.
const secret = newSecret();
const settings = { ...QUICK, GATEWAY_TIMEOUT_MS: '200', GATEWAY_SETTLING_MS: '60000', LOOKUP_MAXIMUM_MS: '3600000' };

let stack: Stack;
let shop: Shop;
beforeAll(async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/webhooks/payments/sandbox`;
  stack = await startStack({ events: { url, secrets: [secret] } });
  const SANDBOX_EVENT_SECRETS = secret;
  shop = createShop((await stack.serve('api,worker', { ...settings, PORT: `${port}`, SANDBOX_EVENT_SECRETS })).url);
});
afterAll(async () => stack?.close());

/** Confirms an order and takes its money back by a cancel or a refund, up to where no one knows whether it went. */
async function unknownRefund(what: 'cancel' | 'refunds') {
  const checkout = aCheckout({}, 'pm_refund_processing');
  const { order_id: id } = checkout;
  await shop.post(checkout, { Prefer: 'wait=30' });
  const body = what === 'cancel' ? { reason: 'no' } : { reason: 'broken', restock: true };
  expect((await shop.ask(id, what, body, { 'Idempotency-Key': id })).status).toBe(202);
  const [letter] = await eventually(
    () => lettersOf(stack, id),
    (letters) => letters.some(({ kind, state }) => kind === 'refund' && state === 'open'),
  );
  const key = (await stack.ledger(id)).find(({ type }) => type === 'refund')?.key ?? '';
  return { id, key, letter: letter?.id ?? '' };
}
const refundOf = async (id: string, state: string) => {
  const isSo = ({ body }: Awaited<ReturnType<Shop['get']>>) => body.refunds[0]?.state === state;
  return (await eventually(() => shop.get(id), isSo)).body;
};

test.each(['cancel', 'refunds'] as const)(
  'R25: the refund of a %s that the gateway is silent about is unknown, and done when its event comes',
  async (what) => {
    const { id, key } = await unknownRefund(what);
    await refundOf(id, 'unknown');
    // Long enough that no pause between two look-ups is over by chance.
    await new Promise((resolve) => setTimeout(resolve, 4_000));
    await stack.settleRefundAtGateway(key, 'refunded');
    const order = await refundOf(id, 'succeeded');
    const ended = what === 'cancel' ? await shop.until(id, ['cancelled']) : order;
    await eventually(
      () => endStateOf(stack, ended),
      ({ reservations }) => reservations[0] === 'restocked',
    );
    expect(await endStateOf(stack, ended)).toMatchObject({ refunds: 1, kept: 0 });
    expect(await lettersOf(stack, id)).toMatchObject([{ kind: 'refund', state: 'resolved' }]);
    expect((await stack.ledger(id)).filter(({ type }) => type === 'refund')).toHaveLength(2);
    expect((await trailOf(stack, id)).filter((type) => type === 'refund.succeeded')).toHaveLength(1);
  },
);

test.each(['cancel', 'refunds'] as const)(
  'R26: the refund of a %s that fails while it is unknown waits for a person, whose evidence ends it',
  async (what) => {
    const { id, key, letter } = await unknownRefund(what);
    await stack.settleRefundAtGateway(key, 'failed');
    await refundOf(id, 'failed');
    const evidence = { outcome: 'refunded', reference: 'transfer 7', note: 'paid back by transfer' };
    expect((await shop.send(`/v1/dead-letters/${letter}/evidence`, evidence, {})).status).toBe(202);
    await refundOf(id, 'succeeded');
    if (what === 'cancel') await shop.until(id, ['cancelled']);
    await eventually(
      () => lettersOf(stack, id),
      (letters) => letters.every(({ state }) => state === 'resolved'),
    );
    await eventually(
      () => stockTrouble(stack),
      (trouble) => trouble.length === 0,
    );
  },
);

test('R25: an unknown refund whose workflow was terminated is done when its event comes', async () => {
  const { id, key } = await unknownRefund('refunds');
  const refundId = key.split(':')[2] ?? '';
  await stack.client.workflow.getHandle(refundWorkflowId(refundId)).terminate('by mistake');
  await stack.settleRefundAtGateway(key, 'refunded');
  const order = await refundOf(id, 'succeeded');
  await eventually(
    () => endStateOf(stack, order),
    ({ reservations }) => reservations[0] === 'restocked',
  );
  expect(await endStateOf(stack, order)).toMatchObject({ status: 'confirmed', refunds: 1, kept: 0 });
  expect(await lettersOf(stack, id)).toMatchObject([{ kind: 'refund', state: 'resolved' }]);
});

test('R25: a person says that an unknown refund went back, without another call', async () => {
  const { id, letter } = await unknownRefund('refunds');
  const evidence = { outcome: 'refunded', reference: 're_seen', note: 'seen in the dashboard' };
  expect((await shop.send(`/v1/dead-letters/${letter}/evidence`, evidence, {})).status).toBe(202);
  const { refunds } = await refundOf(id, 'succeeded');
  expect(refunds).toHaveLength(1);
  expect((await stack.ledger(id)).filter(({ type }) => type === 'refund')).toHaveLength(1);
});

test('R26: a refund that failed permanently on a confirmed order may be given up, and its amount refunded again', async () => {
  const { id, key, letter } = await unknownRefund('refunds');
  const discard = () => shop.send(`/v1/dead-letters/${letter}/discard`, { note: 'agreed otherwise' }, {});
  expect((await discard()).status).toBe(409);
  await stack.settleRefundAtGateway(key, 'failed');
  await refundOf(id, 'failed');
  expect((await discard()).status).toBe(200);
  expect((await discard()).status).toBe(409);
  const again = await shop.ask(id, 'refunds', { reason: 'after all' }, { 'Idempotency-Key': `${id}-again` });
  expect(again.status).toBe(202);
});
