import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startCollector, type CollectedSpan, type Collector } from '../support/collector.js';
import { eventually } from '../support/end-state.js';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { startRecordingGateway } from '../support/recording-gateway.js';
import { replayed } from '../support/replayed.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { TEST_KEY } from '../support/test-key.js';
import { startStack, type Stack } from '../support/stack.js';

// What a shop's own trace might be.
const SHOP_TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SHOP_SPAN = '00f067aa0ba902b7';

let stack: Stack;
let collector: Collector;
let gateway: Awaited<ReturnType<typeof startRecordingGateway>>;
let api: HoldfastProcess;
let worker: HoldfastProcess;
let shop: Shop;

beforeAll(async () => {
  stack = await startStack();
  collector = await startCollector();
  gateway = await startRecordingGateway(stack.sandboxUrl);
  const environment = {
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
    OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=shop%201',
    OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment=test',
    OTEL_BSP_SCHEDULE_DELAY: '100',
    SANDBOX_URL: gateway.url,
    RETRY_INITIAL_MS: '10',
    AUDIT_INTERVAL_MS: '1000',
    LOG_LEVEL: 'trace',
  };
  [api, worker] = await Promise.all([
    stack.serve('api', environment),
    stack.serve('worker', { ...environment, OTEL_SERVICE_NAME: 'order-worker' }),
  ]);
  shop = createShop(api.url);
});
afterAll(async () => {
  await stack.close();
  await gateway.close();
  await collector.close();
});

/** The spans of an order's trace, once its workflow has ended. */
async function traceOf(orderId: string): Promise<CollectedSpan[]> {
  const spans = () => {
    const root = collector.spans.find(
      ({ name, attributes }) => name.startsWith('RunWorkflow') && attributes['order_id'] === orderId,
    );
    return collector.spans.filter(({ traceId }) => traceId === root?.traceId);
  };
  const hasBoth = (found: CollectedSpan[]) =>
    found.some(({ kind }) => kind === 2) && found.some(({ name }) => name.startsWith('RunWorkflow'));
  return eventually(async () => spans(), hasBoth);
}

const named = (spans: CollectedSpan[], name: string): CollectedSpan => {
  const found = spans.filter((span) => span.name === name);
  const [only] = found;
  if (only === undefined || found.length > 1) {
    throw new Error(`${found.length} spans are named ${name}: ${spans.map((span) => span.name).join(', ')}`);
  }
  return only;
};

describe('an order that goes well', () => {
  const requestId = 'request-of-a-traced-order';
  const address = { name: 'canary-name', line1: 'canary-street', city: 'canary-city', country: 'DE' };
  const contact = { customer_phone: 'canary-phone', shipping_address: address, billing_address: address };
  const checkout = aCheckout({ customer_email: 'canary@example.com', ...contact, metadata: { note: 'canary-note' } });
  let spans: CollectedSpan[];

  beforeAll(async () => {
    await shop.post(checkout, {
      traceparent: `00-${SHOP_TRACE}-${SHOP_SPAN}-01`,
      'X-Request-Id': requestId,
      'X-Actor': 'canary-actor',
    });
    await shop.until(checkout.order_id, ['confirmed']);
    spans = await traceOf(checkout.order_id);
  });

  it("has one trace, the shop's own, over both processes", () => {
    const request = named(spans, 'POST /v1/orders');
    expect(request).toMatchObject({ traceId: SHOP_TRACE, parentSpanId: SHOP_SPAN, kind: 2 });
    expect(new Set(spans.map(({ resource }) => resource['service.name']))).toEqual(
      new Set(['holdfast', 'order-worker']),
    );
    expect(request.resource).toMatchObject({ 'service.name': 'holdfast', 'deployment.environment': 'test' });
    const instances = new Set(spans.map(({ resource }) => resource['service.instance.id']));
    expect(instances.size).toBe(2);
    expect(collector.headers[0]).toMatchObject({ 'x-tenant': 'shop 1' });
  });

  it('goes from the request over workflow and activity to the call of the gateway, each the child of the one before', () => {
    const chain = [
      'POST /v1/orders',
      'StartWorkflow:processOrder',
      'RunWorkflow:processOrder',
      'StartActivity:chargePayment',
      'RunActivity:chargePayment',
      'POST /v1/charges',
    ].map((name) => named(spans, name));
    expect(chain.slice(1).map(({ parentSpanId }) => parentSpanId)).toEqual(
      chain.slice(0, -1).map(({ spanId }) => spanId),
    );
    expect(chain.at(-1)).toMatchObject({ kind: 3, attributes: { 'http.response.status_code': 200 } });
    expect(named(spans, 'RunActivity:reserveInventory').traceId).toBe(SHOP_TRACE);
  });

  it('tells the gateway of the trace', () => {
    const call = gateway.calls.find(({ headers }) =>
      headers['idempotency-key']?.toString().startsWith(checkout.order_id),
    );
    expect(call?.headers['traceparent']).toBe(`00-${SHOP_TRACE}-${named(spans, 'POST /v1/charges').spanId}-01`);
  });

  it('names order and request on request, workflow and activities, and no error', () => {
    const subject = { order_id: checkout.order_id, request_id: requestId };
    for (const name of ['POST /v1/orders', 'RunWorkflow:processOrder', 'RunActivity:chargePayment']) {
      expect(named(spans, name).attributes).toMatchObject(subject);
    }
    expect(named(spans, 'POST /v1/orders').attributes).toMatchObject({
      'http.request.method': 'POST',
      'http.route': '/v1/orders',
      'url.path': '/v1/orders',
      'http.response.status_code': 202,
    });
    expect(spans.filter(({ status }) => status === 2)).toEqual([]);
  });

  it('says nothing personal and nothing secret', async () => {
    await shop.call(`/v1/orders/${checkout.order_id}?note=canary-query`).catch(() => {});
    await shop.call('/v1/canary-path');
    await eventually(
      async () => collector.spans,
      (all) => all.some(({ name }) => name === 'GET'),
    );
    for (const secret of ['canary', TEST_KEY.text, 'pm_ok', 'customer-1', 'fingerprint']) {
      expect(collector.bodies.filter((body) => body.includes(secret))).toEqual([]);
    }
  });

  it('marks the log lines of its request with the trace', () => {
    const answered = linesOf(api).find(({ request_id, msg }) => request_id === requestId && msg === 'answered');
    expect(answered).toMatchObject({ trace_id: SHOP_TRACE, span_id: named(spans, 'POST /v1/orders').spanId });
  });
});

it('has one span for each try of an activity, and marks the tries that failed', async () => {
  const checkout = aCheckout({}, 'pm_fail_2');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['confirmed']);
  const spans = await traceOf(checkout.order_id);
  const tries = spans.filter(({ name }) => name === 'RunActivity:chargePayment');
  expect(tries.map(({ status }) => status).sort((a, b) => a - b)).toEqual([1, 2, 2]);
  expect(tries.flatMap(({ events }) => events.map(({ name }) => name))).toEqual(['exception', 'exception']);
  const calls = spans.filter(({ name }) => name === 'POST /v1/charges');
  expect(calls.map(({ status }) => status).sort((a, b) => a - b)).toEqual([0, 2, 2]);
});

it('takes a decline for an answer, not for an error', async () => {
  const checkout = aCheckout({}, 'pm_declined');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['failed']);
  const spans = await traceOf(checkout.order_id);
  expect(named(spans, 'POST /v1/charges').attributes).toMatchObject({ 'http.response.status_code': 402 });
  expect(spans.filter(({ status }) => status === 2)).toEqual([]);
});

it('follows the sampling that the caller decided on', async () => {
  const checkout = aCheckout();
  const unsampled = 'a'.repeat(32);
  await shop.post(checkout, { traceparent: `00-${unsampled}-${SHOP_SPAN}-00` });
  await shop.until(checkout.order_id, ['confirmed']);
  const later = aCheckout();
  await shop.post(later);
  await traceOf(later.order_id);
  expect(collector.spans.filter(({ traceId }) => traceId === unsampled)).toEqual([]);
});

it('takes it for no error that a workflow has ended before it could be told something', async () => {
  const checkout = aCheckout();
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['confirmed']);
  const traceId = 'b'.repeat(32);
  const reason = { reason: 'no longer wanted' };
  await shop.ask(checkout.order_id, 'cancel', reason, { traceparent: `00-${traceId}-${SHOP_SPAN}-01` });
  await shop.until(checkout.order_id, ['cancelled']);
  const spans = await eventually(
    async () => collector.spans.filter((span) => span.traceId === traceId),
    (found) => found.some(({ name }) => name === 'RunWorkflow:cancelSettledOrder'),
  );
  expect(named(spans, 'SignalWorkflow:cancelOrder').events.map(({ name }) => name)).toEqual(['exception']);
  expect(spans.filter(({ status }) => status === 2)).toEqual([]);
});

it('traces no audit, which no one has sampled', async () => {
  expect(collector.spans.filter(({ name }) => name.includes('auditBooks'))).toEqual([]);
});

it('tells no span twice when a worker has to replay', async () => {
  const checkout = aCheckout({}, 'pm_processing');
  await shop.post(checkout);
  await shop.until(checkout.order_id, ['payment_unknown']);
  await worker.stop();
  worker = await stack.serve('worker', {
    OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${collector.url}/v1/traces`,
    OTEL_BSP_SCHEDULE_DELAY: '100',
    SANDBOX_URL: gateway.url,
    RETRY_INITIAL_MS: '10',
  });
  await shop.ask(checkout.order_id, 'cancel', { reason: 'no longer wanted' });
  await stack.settleAtGateway(`${checkout.order_id}:charge:1`, 'captured');
  await shop.until(checkout.order_id, ['cancelled']);
  const spans = await traceOf(checkout.order_id);
  const ids = spans.map(({ spanId }) => spanId);
  expect(ids.length).toBe(new Set(ids).size);
  expect(spans.filter(({ name }) => name === 'RunWorkflow:processOrder')).toHaveLength(1);
  expect(spans.filter(({ name }) => name === 'RunActivity:reserveInventory')).toHaveLength(1);
  const known = new Set(ids);
  const orphans = spans.filter(({ parentSpanId, kind }) => kind !== 2 && !known.has(parentSpanId));
  expect(orphans.map(({ name }) => name)).toEqual([]);
});

it('leaves histories that workers without tracing replay', async () => {
  expect(await replayed(stack, 'workflow-bundle.js')).toBeGreaterThan(4);
});

function linesOf(holdfast: HoldfastProcess): Record<string, unknown>[] {
  return holdfast
    .output()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}
