import { expect, test } from '@jest/globals';
import { createMetrics } from '../../../../src/adapters/prometheus/metrics.js';
import { createBreakerReports } from '../../../../src/commands/serve/breaker-reports.js';

test('each change of the breaker is a log line with what opened it, and is counted', async () => {
  const metrics = createMetrics();
  const lines: unknown[] = [];
  const write = (level: string) => (about: object, text: string) => void lines.push({ level, ...about, text });
  const report = createBreakerReports('sandbox', metrics, { info: write('info'), warn: write('warn') });
  const cause = { scope: 'gateway', failures: 5, orders: 3 } as const;
  const until = new Date('2026-11-01T09:30:00Z');
  report({ state: 'open', ...cause, until });
  report({ state: 'half_open', ...cause, until: null });
  report({ state: 'open', ...cause, until });

  const about = { gateway: 'sandbox', ...cause };
  expect(lines).toEqual([
    { level: 'warn', ...about, breaker: 'open', until, text: expect.stringContaining('is open') },
    { level: 'info', ...about, breaker: 'half_open', text: expect.stringContaining('half-open') },
    { level: 'warn', ...about, breaker: 'open', until, text: expect.stringContaining('is open') },
  ]);
  const text = await metrics.text();
  const counted = (state: string) =>
    new RegExp(`holdfast_gateway_breaker_changes_total{gateway="sandbox",state="${state}"} (\\d+)`).exec(text)?.[1];
  expect([counted('open'), counted('half_open'), counted('closed')]).toEqual(['2', '1', '0']);
});
