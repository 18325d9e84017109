import { afterAll, beforeAll, test } from '@jest/globals';
import { serveSandbox } from '../../src/sandbox/serve.js';
import { orderWorkflowId } from '../../src/workflows/contract.js';
import { freePort } from '../support/holdfast-process.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';
import { createRecorder, type Recorder } from './kept-history.js';

const QUICK = { RETRY_INITIAL_MS: '100', GATEWAY_SETTLING_MS: '0', LOOKUP_MAXIMUM_MS: '500' };
const WORKER = { GATEWAY_TIMEOUT_MS: '700', BREAKER_FAILURES: '1000', ...QUICK };
const why = { reason: 'changed my mind' };

let stack: Stack;
let shop: Shop;
let recorder: Recorder;
beforeAll(async () => {
  stack = await startStack();
  recorder = createRecorder(stack.client);
  shop = createShop((await stack.serve('api', QUICK)).url);
  const pending = aCheckout();
  await shop.post(pending);
  await shop.ask(pending.order_id, 'cancel', why);
  await stack.serve('worker', WORKER);
  await recorder.closed('process-order-cancelled-while-pending', orderWorkflowId(pending.order_id));
});
afterAll(async () => stack?.close());

async function placed(method: string, changes: Record<string, unknown> = {}): Promise<string> {
  const checkout = aCheckout(changes, method);
  await shop.post(checkout);
  return checkout.order_id;
}

test.each([
  ['confirmed', 'pm_ok', {}],
  ['declined', 'pm_declined', {}],
  ['out-of-stock', 'pm_ok', { items: [{ sku: 'product-C', quantity: 1 }] }],
  ['confirmed-after-two-retries', 'pm_fail_2', {}],
  ['payment-unavailable', 'pm_fail_9', {}],
  ['confirmed-by-a-look-up-after-a-timeout', 'pm_timeout_after', {}],
  ['confirmed-after-an-error', 'pm_error_after', {}],
])('process-order %s', async (what, method, changes) => {
  await recorder.closed(`process-order-${what}`, orderWorkflowId(await placed(method, changes)));
});

test('a cancel while the charge waits for its retry, is in flight, or unknown', async () => {
  const waiting = await placed('pm_fail_99');
  const flying = await placed('pm_slow_600');
  const unknown = await placed('pm_processing');
  await Promise.all([waiting, flying].map((id) => shop.until(id, ['reserved'])));
  await Promise.all([waiting, flying].map((id) => shop.ask(id, 'cancel', why)));
  await shop.until(unknown, ['payment_unknown']);
  await shop.ask(unknown, 'cancel', why);
  await recorder.closed('process-order-cancelled-while-waiting-for-a-retry', orderWorkflowId(waiting));
  await recorder.closed('process-order-cancelled-while-being-charged', orderWorkflowId(flying));
  await shop.until(unknown, ['cancelling']);
  await recorder.open('process-order-cancelled-and-its-charge-unknown', orderWorkflowId(unknown));
  await stack.settleAtGateway(`${unknown}:charge:1`, 'captured');
  await recorder.closed('process-order-cancelled-while-unknown-then-captured', orderWorkflowId(unknown));
});

test.each(['approve', 'reject', 'cancel', 'expire'])('a review that ends by %s', async (decision) => {
  const deadline = decision === 'expire' ? { REVIEW_DEADLINE_MS: '1500' } : {};
  const strict = createShop((await stack.serve('api', { ...QUICK, FRAUD_REVIEW_ABOVE_MINOR: '1', ...deadline })).url);
  const checkout = aCheckout();
  await strict.post(checkout);
  await strict.until(checkout.order_id, ['in_review']);
  if (decision === 'approve') await recorder.open('process-order-in-review', orderWorkflowId(checkout.order_id));
  if (decision === 'cancel') await strict.ask(checkout.order_id, 'cancel', why);
  else if (decision !== 'expire') await strict.ask(checkout.order_id, 'review', { decision });
  await recorder.closed(`process-order-review-ends-by-${decision}`, orderWorkflowId(checkout.order_id));
});

test('the circuit breaker is open', async () => {
  const alone = await startStack();
  try {
    const port = await freePort();
    const settings = { ...QUICK, BREAKER_FAILURES: '1', BREAKER_HALF_OPEN_MS: '2000' };
    const closed = createShop(
      (await alone.serve('api,worker', { ...settings, SANDBOX_URL: `http://127.0.0.1:${port}` })).url,
    );
    const kept = createRecorder(alone.client);
    const checkouts = [aCheckout(), aCheckout()];
    for (const checkout of checkouts) {
      await closed.post(checkout);
      await closed.until(checkout.order_id, ['reserved']);
    }
    const [first, second] = checkouts.map(({ order_id: id }) => orderWorkflowId(id));
    await kept.open('process-order-waits-for-the-breaker-after-its-own-try', first ?? '');
    await kept.open('process-order-waits-for-the-breaker', second ?? '');
    const gateway = await serveSandbox({ port });
    try {
      await kept.closed('process-order-confirmed-after-the-breaker-was-open', second ?? '');
    } finally {
      await gateway.close();
    }
  } finally {
    await alone.close();
  }
});
