import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { parse } from 'yaml';
import type { HoldfastProcess } from '../support/holdfast-process.js';
import { eventually } from '../support/end-state.js';
import { aCheckout, createShop, type Shop } from '../support/shop.js';
import { startStack, type Stack } from '../support/stack.js';

const OBSERVABILITY = new URL('../../deploy/observability/', import.meta.url);
const read = (file: string) => readFileSync(new URL(file, OBSERVABILITY), 'utf8');

const METRIC = /\b(?:holdfast|temporal|process|nodejs)_[a-z0-9_]+/g;

let stack: Stack;
let holdfast: HoldfastProcess;
let shop: Shop;

beforeAll(async () => {
  stack = await startStack();
  holdfast = await stack.serve('api,worker', { RETRY_INITIAL_MS: '10', AUDIT_INTERVAL_MS: '1000' });
  shop = createShop(holdfast.url);
  const declined = aCheckout({}, 'pm_declined');
  await shop.post(aCheckout());
  await shop.post(declined);
  await shop.until(declined.order_id, ['failed']);
});
afterAll(() => stack.close());

const scrape = async () =>
  (await fetch(`${holdfast.internalUrl}/metrics`, { signal: AbortSignal.timeout(10_000) })).text();

it('counts orders by outcome and reason, tries to charge, undone orders and requests', async () => {
  const shown = (text: string, name: string, labels: string[]) =>
    text.split('\n').some((line) => line.startsWith(name) && labels.every((label) => line.includes(label)));
  const wanted: [string, string[]][] = [
    ['holdfast_orders_settled_total', ['outcome="confirmed"']],
    ['holdfast_orders_settled_total', ['outcome="failed"', 'reason="payment_declined"']],
    ['holdfast_order_settle_seconds_count', ['outcome="confirmed"']],
    ['holdfast_charge_tries_total', ['outcome="captured"']],
    ['holdfast_charge_tries_total', ['outcome="declined"']],
    ['holdfast_compensations_total', ['ending="failed"']],
    ['holdfast_http_request_seconds_count', ['method="POST"', 'route="/v1/orders"', 'status="202"']],
    ['holdfast_gateway_breaker_open', ['gateway="sandbox"', ' 0']],
    ['holdfast_gateway_breaker_changes_total', ['gateway="sandbox"', 'state="open"', ' 0']],
    ['holdfast_database_connections', ['state="busy"']],
    ['temporal_worker_task_slots_available', ['worker_type="LocalActivityWorker"']],
  ];
  const missing = async () => {
    const text = await scrape();
    return wanted.filter(([name, labels]) => !shown(text, name, labels));
  };
  expect(await eventually(missing, ({ length }) => length === 0)).toEqual([]);
});

describe('what is made to be loaded elsewhere', () => {
  const rules = (parse(read('alerts.yml')) as { groups: { rules: Rule[] }[] }).groups.flatMap((group) => group.rules);
  const dashboard = JSON.parse(read('dashboard.json')) as { panels: { targets?: { expr: string }[] }[] };
  const shown = dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr));

  it.each([
    ['alert', rules.map(({ expr }) => expr)],
    ['panel', shown],
  ])('every %s asks for metrics that this process exports', async (_, expressions) => {
    const asked = new Set(expressions.flatMap((text) => text.match(METRIC) ?? []));
    const missing = async () => {
      const text = await scrape();
      // A gauge with labels and nothing to show has no line of its own, but is described.
      return [...asked].filter((name) => !text.includes(name.replace(/_(bucket|count|sum)$/, '')));
    };
    expect(await eventually(missing, ({ length }) => length === 0)).toEqual([]);
    expect(asked.size).toBeGreaterThan(10);
  });

  it('every alert says how bad it is, what it means and what to do', () => {
    const poor = rules.filter(
      ({ labels, annotations }) =>
        !['page', 'ticket'].includes(labels.severity) || !annotations.summary || !annotations.action,
    );
    expect(poor).toEqual([]);
    expect(new Set(rules.map(({ alert }) => alert)).size).toBe(rules.length);
  });
});

interface Rule {
  alert: string;
  expr: string;
  labels: { severity: string };
  annotations: { summary: string; action: string };
}
