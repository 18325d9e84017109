import { expect, it } from '@jest/globals';
import { createMetrics } from '../../../../src/adapters/prometheus/metrics.js';

const linesOf = (text: string, name: string) => text.split('\n').filter((line) => line.startsWith(name));

it('counts requests by route and status, and how long they took', async () => {
  const metrics = createMetrics();
  metrics.observeRequest({ method: 'POST', route: '/v1/orders', status: 202, seconds: 0.02 });
  metrics.observeRequest({ method: 'POST', route: '/v1/orders', status: 202, seconds: 2 });
  const labels = 'method="POST",route="/v1/orders",status="202"';
  const text = await metrics.text();
  expect(linesOf(text, 'holdfast_http_request_seconds_bucket{le="0.025"')).toEqual([
    `holdfast_http_request_seconds_bucket{le="0.025",${labels}} 1`,
  ]);
  expect(linesOf(text, 'holdfast_http_request_seconds_count')).toEqual([
    `holdfast_http_request_seconds_count{${labels}} 2`,
  ]);
});

it('reads a figure when it is asked for, and forgets labels that are gone', async () => {
  const metrics = createMetrics();
  let kinds = ['charge', 'refund'];
  metrics.addGauge({
    name: 'letters',
    help: 'for a test',
    labels: ['kind'],
    read: async () => kinds.map((kind) => ({ labels: { kind }, value: 3 })),
  });
  expect(linesOf(await metrics.text(), 'letters')).toEqual(['letters{kind="charge"} 3', 'letters{kind="refund"} 3']);
  kinds = [];
  expect(linesOf(await metrics.text(), 'letters')).toEqual([]);
});

it('leaves out a figure that cannot be read, and counts that', async () => {
  const metrics = createMetrics();
  let isAway = false;
  metrics.addGauge({
    name: 'depth',
    help: 'for a test',
    read: () => {
      if (isAway) throw new Error('away');
      return [{ value: 7 }];
    },
  });
  expect(linesOf(await metrics.text(), 'depth')).toEqual(['depth 7']);
  isAway = true;
  expect(linesOf(await metrics.text(), 'depth')).toEqual([]);
  expect(linesOf(await metrics.text(), 'holdfast_metrics_faults_total')).toEqual([
    expect.stringMatching(/\{source="depth"\} [12]$/),
  ]);
});

it('adds the metrics of others, and continues without them while they are unavailable', async () => {
  const metrics = createMetrics();
  metrics.addText('sdk', async () => 'temporal_thing 1');
  metrics.addText('gone', async () => Promise.reject(new Error('away')));
  const text = await metrics.text();
  expect(linesOf(text, 'temporal_thing')).toEqual(['temporal_thing 1']);
  expect(linesOf(text, 'process_cpu_seconds_total')).toHaveLength(1);
});
