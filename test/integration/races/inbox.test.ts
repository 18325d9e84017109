import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { endStateOf, eventually } from '../../support/end-state.js';
import type { HoldfastProcess } from '../../support/holdfast-process.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { anEvent, inboxOf, newSecret, postEvent } from '../../support/signed-events.js';
import { startStack, type Stack } from '../../support/stack.js';
import { startTcpProxy } from '../../support/tcp-proxy.js';

const secret = newSecret();
// No look-up comes by itself for a minute: what is known before was told by an event.
const TOLD = {
  RETRY_INITIAL_MS: '100',
  BREAKER_FAILURES: '1000',
  GATEWAY_TIMEOUT_MS: '300',
  GATEWAY_SETTLING_MS: '60000',
  SANDBOX_EVENT_SECRETS: secret,
};

let stack: Stack;
let api: HoldfastProcess;
let worker: HoldfastProcess;
let shop: Shop;
beforeAll(async () => {
  stack = await startStack();
  api = await stack.serve('api', TOLD);
  shop = createShop(api.url);
});
afterAll(async () => stack?.close());

/** An order whose charge was captured, which only the gateway knows. */
async function capturedUnseen(): Promise<string> {
  const checkout = aCheckout({}, 'pm_processing');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['payment_unknown']);
  await stack.settleAtGateway(`${checkout.order_id}:charge:1`, 'captured');
  return checkout.order_id;
}

async function expectPaidOnce(id: string): Promise<void> {
  const order = await shop.until(id, ['confirmed'], 40_000);
  expect(await endStateOf(stack, order)).toMatchObject({ charges: [`${id}:charge:1`], refunds: 0, kept: 1_999 });
  await eventually(
    () => inboxOf(stack, id),
    (rows) => rows.length === 1 && rows[0]?.processed_at !== null,
  );
}

test('R21: an event that was acknowledged just before every worker died is worked on by the next one', async () => {
  const first = await stack.serve('worker', TOLD);
  const id = await capturedUnseen();
  expect(await postEvent(api.url, anEvent('charge.captured', id), { secret })).toBe(200);
  first.kill('SIGKILL');
  await first.exited;
  worker = await stack.serve('worker', TOLD);
  await expectPaidOnce(id);
});

test('R21: an event that is acknowledged while Temporal is unavailable waits in its row', async () => {
  const line = await startTcpProxy(stack.temporalAddress);
  try {
    const cutOff = await stack.serve('api,worker', { ...TOLD, TEMPORAL_ADDRESS: line.address });
    const id = await capturedUnseen();
    await worker.stop();
    line.cut();
    expect(await postEvent(cutOff.url, anEvent('charge.captured', id), { secret })).toBe(200);
    await eventually(
      async () => cutOff.output(),
      (output) => output.includes('a message of a gateway could not be started'),
    );
    expect(await inboxOf(stack, id)).toMatchObject([{ processed_at: null }]);
    line.heal();
    await expectPaidOnce(id);
  } finally {
    await line.close();
  }
});
