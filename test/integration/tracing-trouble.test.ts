import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startDeadCollector } from '../support/collector.js';
import { eventually } from '../support/end-state.js';
import { freePort, type HoldfastProcess } from '../support/holdfast-process.js';
import { replayed } from '../support/replayed.js';
import { aCheckout, createShop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const NOTING_MODULES = `--import ${new URL('../support/loaded-modules.mjs', import.meta.url).href}`;

let stack: Stack;

beforeAll(async () => {
  stack = await startStack();
});
afterAll(() => stack.close());

/** Places orders one after the other. @returns how long each took until it was answered, in milliseconds */
async function placed(holdfast: HoldfastProcess, methods: readonly string[]): Promise<number[]> {
  const shop = createShop(holdfast.url);
  const times: number[] = [];
  for (const method of methods) {
    const checkout = aCheckout({}, method);
    const started = performance.now();
    expect((await shop.post(checkout)).status).toBe(202);
    times.push(performance.now() - started);
    await shop.until(checkout.order_id, ['confirmed', 'failed']);
  }
  return times;
}

async function run(environment: Record<string, string>): Promise<{ packages: string[]; output: string }> {
  const holdfast = await stack.serve('api,worker', {
    RETRY_INITIAL_MS: '10',
    NODE_OPTIONS: NOTING_MODULES,
    ...environment,
  });
  await placed(holdfast, ['pm_ok', 'pm_fail_2', 'pm_declined']);
  expect(await holdfast.stop()).toBe(0);
  const output = holdfast.output();
  return { packages: (/^loaded: (.*)$/m.exec(output)?.[1] ?? '').split(' '), output };
}

describe('without tracing', () => {
  const endpoint = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' };

  it.each([
    ['no endpoint is set', {}],
    ['the SDK is disabled', { ...endpoint, OTEL_SDK_DISABLED: 'TRUE' }],
    ['the exporter is none', { ...endpoint, OTEL_TRACES_EXPORTER: 'none' }],
  ])('nothing of OpenTelemetry is loaded: %s', async (_, environment) => {
    const { packages } = await run(environment);
    expect(packages).toContain('@temporalio/worker');
    // The metrics' library loads that one, for examples in histograms.
    const others = packages.filter((name) => name.includes('opentelemetry') && name !== '@opentelemetry/api');
    expect(others).toEqual([]);
  });

  it('workers leave histories that workers with tracing replay', async () => {
    expect(await replayed(stack, 'workflow-bundle-traced.js')).toBeGreaterThan(4);
  });
});

it('loads it when an endpoint is set, and says which variable it cannot follow', async () => {
  const { packages, output } = await run({
    OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9',
    OTEL_TRACES_SAMPLER: 'traceidratio',
  });
  expect(output).toMatch(/"level":40.*OTEL_TRACES_SAMPLER_ARG/);
  expect(packages).toEqual(
    expect.arrayContaining(['@opentelemetry/sdk-trace-node', '@temporalio/interceptors-opentelemetry']),
  );
});

describe.each(['that never answers', 'that no one serves'])('a collector %s', (trouble) => {
  it('neither slows nor fails orders, is named in the log once, and does not hold up the end', async () => {
    const collector = await startDeadCollector();
    const url = trouble === 'that no one serves' ? `http://127.0.0.1:${await freePort()}` : collector.url;
    const holdfast = await stack.serve('api,worker', {
      OTEL_EXPORTER_OTLP_ENDPOINT: url,
      OTEL_EXPORTER_OTLP_TIMEOUT: '3000',
      OTEL_BSP_SCHEDULE_DELAY: '50',
      OTEL_BSP_MAX_QUEUE_SIZE: '16',
      OTEL_BSP_MAX_EXPORT_BATCH_SIZE: '8',
    });
    const times = await placed(
      holdfast,
      Array.from({ length: 20 }, () => 'pm_ok'),
    );
    // Had they waited for the collector, each would have taken its time-out.
    expect(times.sort((a, b) => a - b)[10]).toBeLessThan(3_000);
    const complaints = () =>
      holdfast
        .output()
        .split('\n')
        .filter((line) => line.includes('tracing is failing'));
    await eventually(
      async () => complaints(),
      ({ length }) => length > 0,
    );
    expect(complaints()).toHaveLength(1);
    expect(JSON.parse(complaints()[0] ?? '')).toMatchObject({ level: 40 });

    const stopping = performance.now();
    expect(await holdfast.stop()).toBe(0);
    expect(performance.now() - stopping).toBeLessThan(12_000);
    await collector.close();
  });
});
