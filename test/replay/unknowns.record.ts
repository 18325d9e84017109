import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  cancelWorkflowId,
  fulfilWorkflowId,
  gatewayEventWorkflowId,
  orderWorkflowId,
  recoverWorkflowId,
  refundWorkflowId,
} from '../../src/workflows/contract.js';
import { eventually, lettersOf } from '../support/end-state.js';
import { freePort } from '../support/holdfast-process.js';
import { aCheckout, createShop, newOrderId, type Shop } from '../support/shop.js';
import { anEvent, newSecret, postEvent } from '../support/signed-events.js';
import { startStack, type Stack } from '../support/stack.js';
import { createRecorder, type Recorder } from './kept-history.js';

// What comes by itself comes late: a wait can be recorded before it ends.
const SETTINGS = {
  RETRY_INITIAL_MS: '100',
  BREAKER_FAILURES: '1000',
  GATEWAY_TIMEOUT_MS: '300',
  GATEWAY_SETTLING_MS: '60000',
};
const secret = newSecret();

let stack: Stack;
let shop: Shop;
let recorder: Recorder;
let url: string;
beforeAll(async () => {
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  stack = await startStack({ events: { url: `${url}/webhooks/payments/sandbox`, secrets: [secret] } });
  const api = await stack.serve('api,worker', { ...SETTINGS, PORT: `${port}`, SANDBOX_EVENT_SECRETS: secret });
  shop = createShop(api.url);
  recorder = createRecorder(stack.client);
});
afterAll(async () => stack?.close());

const keyOf = (id: string) => `${id}:charge:1`;
const letter = async (id: string, kind: string) => {
  const letters = await eventually(
    () => lettersOf(stack, id),
    (all) => all.some((one) => one.kind === kind && one.state === 'open'),
  );
  return letters.find((one) => one.kind === kind && one.state === 'open')?.id ?? '';
};
async function press(id: string, kind: string): Promise<void> {
  const path = `/v1/dead-letters/${await letter(id, kind)}/redrive`;
  await eventually(
    () => shop.send(path, {}, {}),
    ({ status }) => status === 202,
  );
}
async function evidence(id: string, kind: string, outcome: string): Promise<void> {
  const body = { outcome, reference: 'reference-1', note: 'seen at the provider' };
  const { status } = await shop.send(`/v1/dead-letters/${await letter(id, kind)}/evidence`, body, {});
  expect(status).toBe(202);
}
async function unknown(): Promise<string> {
  const checkout = aCheckout({}, 'pm_processing');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['payment_unknown']);
  return checkout.order_id;
}
async function confirmed(method = 'pm_ok'): Promise<string> {
  const { body } = await shop.post(aCheckout({}, method), { Prefer: 'wait=30' });
  expect(body.status).toBe('confirmed');
  return body.id;
}
async function failed() {
  const { body } = await shop.post(aCheckout({}, 'pm_fail_9'), { Prefer: 'wait=10' });
  return shop.until(body.id, ['failed']);
}
async function chargeLate(id: string): Promise<void> {
  const charge = { order_id: id, amount_minor: 1_999, currency: 'EUR', method: 'pm_ok' };
  const headers = { 'Content-Type': 'application/json', 'Idempotency-Key': keyOf(id) };
  await fetch(`${stack.sandboxUrl}/v1/charges`, { method: 'POST', headers, body: JSON.stringify(charge) });
}
/** Has a refused refund sent again. It is refused again. */
async function pressRefund(id: string): Promise<void> {
  await press(id, 'refund');
  await pause(3_000);
}
/** Asks for a refund. @returns its workflow's id */
async function refund(id: string, body: Record<string, unknown>): Promise<string> {
  const answer = await shop.ask(id, 'refunds', { reason: 'broken', ...body }, { 'Idempotency-Key': newOrderId() });
  expect(answer.status).toBe(202);
  return refundWorkflowId(answer.body.id);
}

test('an unknown charge', async () => {
  const byEvent = await unknown();
  await recorder.open('process-order-looks-its-charge-up', orderWorkflowId(byEvent));
  await stack.settleAtGateway(keyOf(byEvent), 'captured');
  await recorder.closed('process-order-unknown-then-captured-by-an-event', orderWorkflowId(byEvent));

  const byEvidence = await unknown();
  await press(byEvidence, 'payment_unknown');
  await recorder.open('process-order-looks-its-charge-up-after-a-redrive', orderWorkflowId(byEvidence));
  await evidence(byEvidence, 'payment_unknown', 'not_charged');
  await recorder.closed('process-order-unknown-then-evidence-of-no-charge', orderWorkflowId(byEvidence));

  const charged = await unknown();
  await evidence(charged, 'payment_unknown', 'charged');
  await recorder.closed('process-order-unknown-then-evidence-of-a-charge', orderWorkflowId(charged));
});

test('an event of an order that is not known yet', async () => {
  const orderId = newOrderId();
  const event = anEvent('charge.captured', orderId);
  expect(await postEvent(url, event, { secret })).toBe(200);
  const id = gatewayEventWorkflowId('sandbox', event.id);
  await eventually(
    () =>
      recorder.open('process-gateway-event-of-an-unknown-order', id).then(
        () => true,
        () => false,
      ),
    Boolean,
  );
  await shop.post(aCheckout({ order_id: orderId }));
  await recorder.closed('process-gateway-event', id);
});

test('an order whose run was terminated', async () => {
  const id = await unknown();
  await stack.client.workflow.getHandle(orderWorkflowId(id)).terminate();
  await press(id, 'payment_unknown');
  await eventually(
    () =>
      recorder.open('recover-order-looks-its-charge-up', recoverWorkflowId(id)).then(
        () => true,
        () => false,
      ),
    Boolean,
  );
  await stack.settleAtGateway(keyOf(id), 'captured');
  await recorder.closed('recover-order-confirmed', recoverWorkflowId(id));

  const cancelled = await unknown();
  await stack.client.workflow.getHandle(orderWorkflowId(cancelled)).terminate();
  await shop.ask(cancelled, 'cancel', { reason: 'changed my mind' });
  await shop.until(cancelled, ['cancelling']);
  await recorder.open('recover-order-cancelled-and-its-charge-unknown', recoverWorkflowId(cancelled));
  await stack.settleAtGateway(keyOf(cancelled), 'captured');
  await recorder.closed('recover-order-cancelled', recoverWorkflowId(cancelled));
});

test('a charge that lands after its order failed', async () => {
  const { id } = await failed();
  await chargeLate(id);
  await eventually(
    () => stack.ledger(id),
    (ledger) => ledger.some(({ type }) => type === 'refund'),
  );
  await recorder.closed('recover-order-refunds-a-late-capture', recoverWorkflowId(id));
});

test('a redrive of a failed order', async () => {
  const { id } = await failed();
  await press(id, 'charge');
  await recorder.closed('process-order-redriven-and-failed-again', orderWorkflowId(id));

  const landed = await failed();
  await chargeLate(landed.id);
  await press(landed.id, 'charge');
  await recorder.closed('process-order-redriven-after-a-late-capture', orderWorkflowId(landed.id));
});

test('a cancel after the confirmation', async () => {
  const settled = await confirmed();
  await shop.ask(settled, 'cancel', { reason: 'changed my mind' });
  await recorder.closed('cancel-settled-order', cancelWorkflowId(settled));

  const refused = await confirmed('pm_refund_fails');
  await shop.ask(refused, 'cancel', { reason: 'changed my mind' });
  await letter(refused, 'refund');
  await recorder.open('cancel-settled-order-its-refund-refused', cancelWorkflowId(refused));
  await pressRefund(refused);
  await evidence(refused, 'refund', 'refunded');
  await recorder.closed('cancel-settled-order-refund-redriven-then-evidence', cancelWorkflowId(refused));

  const slow = await confirmed('pm_refund_processing');
  await shop.ask(slow, 'cancel', { reason: 'changed my mind' });
  await letter(slow, 'refund');
  await recorder.open('cancel-settled-order-its-refund-unknown', cancelWorkflowId(slow));
});

test('a refund', async () => {
  await recorder.closed('refund-order-in-full-with-restock', await refund(await confirmed(), { restock: true }));
  await recorder.closed('refund-order-in-part', await refund(await confirmed(), { amount_minor: 500 }));

  const refused = await confirmed('pm_refund_fails');
  const workflow = await refund(refused, { restock: true });
  await letter(refused, 'refund');
  await recorder.open('refund-order-refused', workflow);
  await pressRefund(refused);
  await evidence(refused, 'refund', 'refunded');
  await recorder.closed('refund-order-refused-redriven-then-evidence', workflow);

  const slow = await confirmed('pm_refund_processing');
  const waiting = await refund(slow, { restock: true });
  await letter(slow, 'refund');
  await recorder.open('refund-order-unknown', waiting);
  const [entry] = (await stack.ledger(slow)).filter(({ type }) => type === 'refund');
  await stack.settleRefundAtGateway(entry?.key ?? '', 'refunded');
  await recorder.closed('refund-order-unknown-then-told-by-an-event', waiting);
});

test('a fulfillment', async () => {
  const id = await confirmed();
  await shop.ask(id, 'fulfilment');
  await recorder.closed('fulfil-order', fulfilWorkflowId(id));
});
