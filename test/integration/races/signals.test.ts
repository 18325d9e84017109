import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { startTemporal, type EmbeddedTemporal } from '../../../src/embedded/temporal.js';
import { news, orderWorkflowId, recoverWorkflowId, SEARCH_ATTRIBUTES } from '../../../src/workflows/contract.js';
import { endStateOf, eventually, lettersOf } from '../../support/end-state.js';
import { freePort } from '../../support/holdfast-process.js';
import { aCheckout, createShop, type Shop } from '../../support/shop.js';
import { anEvent, inboxOf, newSecret, postEvent } from '../../support/signed-events.js';
import { startStack, type Stack } from '../../support/stack.js';

const secret = newSecret();
const SETTINGS = {
  RETRY_INITIAL_MS: '100',
  BREAKER_FAILURES: '1000',
  GATEWAY_TIMEOUT_MS: '300',
  GATEWAY_SETTLING_MS: '60000',
  SANDBOX_EVENT_SECRETS: secret,
};
/** By itself a server takes 10,000 signals for one run. */
const LIMIT = 12;

async function unknownOrder(shop: Shop): Promise<string> {
  const checkout = aCheckout({}, 'pm_processing');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['payment_unknown']);
  return checkout.order_id;
}

/** Sends requests to look until so many are sent, or the workflow takes no more. */
async function look({ client }: Stack, workflowId: string, times: number): Promise<void> {
  const handle = client.workflow.getHandle(workflowId);
  for (let sent = 0; sent < times; sent += 50) {
    const batch = Array.from({ length: Math.min(50, times - sent) }, () => handle.signal(news, { kind: 'look' }));
    await Promise.allSettled(batch);
  }
}

async function press(stack: Stack, shop: Shop, id: string, what: string, body = {}) {
  const [letter] = (await lettersOf(stack, id)).filter(({ kind }) => kind === 'payment_unknown');
  const { status } = await shop.send(`/v1/dead-letters/${letter?.id ?? ''}/${what}`, body, {});
  return status;
}

describe('a flood of requests to look at one order', () => {
  let stack: Stack;
  let shop: Shop;
  beforeAll(async () => {
    stack = await startStack();
    shop = createShop((await stack.serve('api,worker', SETTINGS)).url);
  });
  afterAll(async () => stack?.close());

  test('takes a few look-ups and short runs, and its cancel is heard', async () => {
    const id = await unknownOrder(shop);
    const handle = stack.client.workflow.getHandle(orderWorkflowId(id));
    const { runId, memo } = await handle.describe();
    await look(stack, orderWorkflowId(id), 3_000);
    const after = await eventually(
      () => handle.describe(),
      (now) => now.runId !== runId && now.historyLength < 4_000,
    );
    expect(after).toMatchObject({ status: { name: 'RUNNING' }, memo });
    const { rows } = await stack.database.pool.query<{ count: number }>(
      `select count(*)::int from gateway_calls where operation = 'lookup'`,
    );
    expect(rows[0]?.count).toBeLessThan(600);

    expect((await shop.ask(id, 'cancel', { reason: 'too slow' })).status).toBe(202);
    await shop.until(id, ['cancelling'], 10_000);
    await stack.settleAtGateway(`${id}:charge:1`, 'captured');
    expect(await press(stack, shop, id, 'redrive')).toBe(202);
    const order = await shop.until(id, ['cancelled'], 20_000);
    expect(await endStateOf(stack, order)).toMatchObject({ refunds: 1, kept: 0 });
  }, 120_000);
});

describe('a run that takes no more signals', () => {
  let directory: string;
  let temporal: EmbeddedTemporal;
  let stack: Stack;
  let shop: Shop;
  let url: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'holdfast-signals-'));
    temporal = await startTemporal({
      executable: process.env['HOLDFAST_TEMPORAL_CLI'] ?? 'temporal',
      directory,
      port: await freePort(),
      uiPort: await freePort(),
      namespace: 'default',
      searchAttributes: SEARCH_ATTRIBUTES,
      extraDynamicConfig: { 'history.maximumSignalsPerExecution': LIMIT },
      report: () => {},
    });
    stack = await startStack({ temporalAddress: temporal.address });
    ({ url } = await stack.serve('api,worker', SETTINGS));
    shop = createShop(url);
  }, 60_000);
  afterAll(async () => {
    await stack?.close();
    await temporal?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  async function fullOrder(): Promise<string> {
    const id = await unknownOrder(shop);
    await look(stack, orderWorkflowId(id), 2 * LIMIT);
    await expect(stack.client.workflow.getHandle(orderWorkflowId(id)).signal(news, { kind: 'look' })).rejects.toThrow();
    return id;
  }

  test('is replaced by a recovery at the next redrive, and a full recovery by another one', async () => {
    const id = await fullOrder();
    expect(await press(stack, shop, id, 'redrive')).toBe(202);
    const recovery = stack.client.workflow.getHandle(recoverWorkflowId(id));
    const { runId } = await recovery.describe();
    await look(stack, recoverWorkflowId(id), 2 * LIMIT);
    expect(await press(stack, shop, id, 'redrive')).toBe(202);
    expect((await recovery.describe()).runId).not.toBe(runId);
    await stack.settleAtGateway(`${id}:charge:1`, 'captured');
    // 409 when a look of the recovery's own was faster: the letter is resolved then.
    expect([202, 409]).toContain(await press(stack, shop, id, 'redrive'));
    const order = await shop.until(id, ['confirmed'], 20_000);
    expect(await endStateOf(stack, order)).toMatchObject({ charges: [`${id}:charge:1`], refunds: 0 });
  });

  test('loses no evidence, no cancel and no event of the gateway', async () => {
    const [told, cancelled, settled] = [await fullOrder(), await fullOrder(), await fullOrder()];
    const evidence = { outcome: 'not_charged', reference: 'none', note: 'seen at the provider' };
    expect(await press(stack, shop, told, 'evidence', evidence)).toBe(202);
    await shop.until(told, ['failed'], 20_000);

    expect((await shop.ask(cancelled, 'cancel', { reason: 'too slow' })).status).toBe(202);
    await shop.until(cancelled, ['cancelling'], 20_000);

    await stack.settleAtGateway(`${settled}:charge:1`, 'captured');
    expect(await postEvent(url, anEvent('charge.captured', settled), { secret })).toBe(200);
    await shop.until(settled, ['confirmed'], 20_000);
    await eventually(
      () => inboxOf(stack, settled),
      ([row]) => row?.processed_at !== null,
    );
  });
});
