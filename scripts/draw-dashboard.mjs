// Draws deploy/observability/dashboard.json, a Grafana dashboard: what to show is said here, the layout follows.
import { writeFile } from 'node:fs/promises';
import { format } from 'node:util';

const rate = (metric, by) => format('sum by (%s) (rate(%s[$__rate_interval]))', by, metric);
const quantile = (q, metric, filter = '') =>
  `histogram_quantile(${q}, sum by (le) (rate(${metric}_bucket${filter}[$__rate_interval])))`;

const SETTLED = 'holdfast_orders_settled_total';
const REQUESTS = 'holdfast_http_request_seconds';
// 201 is what waited for its order to settle, as `Prefer: wait` asks.
const ACCEPTING = '{route="/v1/orders",method="POST",status!="201"}';

const rows = [
  {
    title: 'Orders',
    panels: [
      { title: 'Settled, by outcome', unit: 'ops', lines: { '{{outcome}}': rate(SETTLED, 'outcome') } },
      {
        title: 'Failed, by reason',
        unit: 'ops',
        lines: { '{{reason}}': rate(`${SETTLED}{outcome="failed"}`, 'reason') },
      },
      {
        title: 'Time to settle (confirmed)',
        unit: 's',
        lines: Object.fromEntries(
          [0.5, 0.95, 0.99].map((q) => [
            `p${q * 100}`,
            quantile(q, 'holdfast_order_settle_seconds', '{outcome="confirmed"}'),
          ]),
        ),
      },
    ],
  },
  {
    title: 'Money',
    panels: [
      {
        title: 'Tries to charge, by outcome',
        unit: 'ops',
        lines: { '{{outcome}}': rate('holdfast_charge_tries_total', 'outcome') },
      },
      {
        title: 'Breaker (1 open)',
        unit: 'none',
        lines: { '{{gateway}}': 'max by (gateway) (holdfast_gateway_breaker_open)' },
      },
      { title: 'Undone orders', unit: 'ops', lines: { '{{ending}}': rate('holdfast_compensations_total', 'ending') } },
    ],
  },
  {
    title: 'What waits for a person',
    panels: [
      { title: 'Dead letters open', unit: 'none', lines: { '{{kind}}': 'max by (kind) (holdfast_dead_letters_open)' } },
      {
        title: 'Audit violations',
        unit: 'none',
        lines: {
          '{{check}}':
            'max by (check) (holdfast_audit_violations and on (instance) topk(1, holdfast_audit_finished_seconds)) > 0',
        },
      },
      {
        title: 'Waiting: gateway events, outbox',
        unit: 'none',
        lines: { 'gateway events': 'max(holdfast_gateway_events_waiting)', outbox: 'max(holdfast_outbox_backlog)' },
      },
    ],
  },
  {
    title: 'HTTP',
    panels: [
      {
        title: 'Requests, by route',
        unit: 'reqps',
        lines: { '{{method}} {{route}}': rate(`${REQUESTS}_count`, 'method, route') },
      },
      { title: 'Answers, by status', unit: 'reqps', lines: { '{{status}}': rate(`${REQUESTS}_count`, 'status') } },
      {
        title: 'Time to accept a checkout',
        unit: 's',
        lines: Object.fromEntries([0.5, 0.95, 0.99].map((q) => [`p${q * 100}`, quantile(q, REQUESTS, ACCEPTING)])),
      },
    ],
  },
  {
    title: 'Processes',
    panels: [
      {
        title: 'Database connections',
        unit: 'none',
        lines: { '{{instance}} {{state}}': 'holdfast_database_connections' },
      },
      {
        title: 'Free worker slots',
        unit: 'none',
        lines: { '{{instance}} {{worker_type}}': 'temporal_worker_task_slots_available' },
      },
      { title: 'Memory', unit: 'bytes', lines: { '{{instance}}': 'process_resident_memory_bytes' } },
      {
        title: 'CPU',
        unit: 'percentunit',
        lines: { '{{instance}}': 'rate(process_cpu_seconds_total[$__rate_interval])' },
      },
      { title: 'Event loop lag, p99', unit: 's', lines: { '{{instance}}': 'nodejs_eventloop_lag_p99_seconds' } },
      { title: 'Streams open', unit: 'none', lines: { '{{instance}}': 'holdfast_streams_open' } },
    ],
  },
];

const WIDTH = 8;
const HEIGHT = 8;
const datasource = { type: 'prometheus', uid: '${datasource}' };
let y = 0;
let id = 0;
const panels = rows.flatMap(({ title, panels: shown }) => {
  const heading = {
    id: ++id,
    type: 'row',
    title,
    collapsed: false,
    gridPos: { x: 0, y: y++, w: 24, h: 1 },
    panels: [],
  };
  const drawn = shown.map(({ title: name, unit, lines }, i) => ({
    id: ++id,
    type: 'timeseries',
    title: name,
    datasource,
    gridPos: { x: (i % 3) * WIDTH, y: y + Math.floor(i / 3) * HEIGHT, w: WIDTH, h: HEIGHT },
    fieldConfig: { defaults: { unit, min: 0 }, overrides: [] },
    options: { legend: { displayMode: 'list', placement: 'bottom' }, tooltip: { mode: 'multi' } },
    targets: Object.entries(lines).map(([legendFormat, expr], n) => ({
      refId: String.fromCharCode(65 + n),
      datasource,
      expr,
      legendFormat,
    })),
  }));
  y += Math.ceil(shown.length / 3) * HEIGHT;
  return [heading, ...drawn];
});

const dashboard = {
  uid: 'holdfast',
  title: 'Holdfast',
  tags: ['holdfast'],
  timezone: 'utc',
  schemaVersion: 39,
  refresh: '30s',
  time: { from: 'now-1h', to: 'now' },
  templating: { list: [{ name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' }] },
  panels,
};
await writeFile(
  new URL('../deploy/observability/dashboard.json', import.meta.url),
  `${JSON.stringify(dashboard, undefined, 2)}\n`,
);
