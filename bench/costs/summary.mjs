const SHOWN = 12;
const RARE = 0.02;
const LABEL = 80;

/** The table of what an order costs, and the busiest of each kind, as Markdown. */
export function summaryOf(summary) {
  const { facts, figures, postgres, calls, bytes, requests, persistence, statements, recordedOrders, threads } =
    summary;
  const sum = (values) => Object.values(values).reduce((total, value) => total + value, 0);
  const workflows = threads.filter(({ name }) => name !== 'main');
  const perRecorded = (pick) => workflows.reduce((total, thread) => total + pick(thread), 0) / recordedOrders;
  const rows = [
    ['orders', figures.orders],
    ['CPU ms, API and worker', figures.appCpu],
    ['CPU ms, Temporal', figures.temporalCpu],
    ['CPU ms, PostgreSQL', figures.postgresCpu],
    ['CPU ms, sandbox', figures.sandboxCpu],
    ['activations', perRecorded(({ activations }) => activations)],
    ['VM entries', perRecorded(({ vmEntries }) => vmEntries)],
    ['gRPC calls', sum(calls)],
    ['gRPC bytes to Temporal', bytes.out],
    ['gRPC bytes from Temporal', bytes.back],
    ...Object.entries(postgres),
    ...threads.map(({ name, allocatedBytes }) => [`KiB allocated, ${name}`, allocatedBytes / 1024 / recordedOrders]),
    ['requests within Temporal', sum(requests)],
    ["requests to Temporal's database", sum(persistence)],
  ];
  const parts = [
    facts.join('\n'),
    table(['per order', ''], rows),
    section('gRPC calls of Holdfast, per order', named(calls)),
    section('Requests within Temporal, per order', named(requests)),
    section("Requests to Temporal's database, per order", named(persistence)),
    `## Statements, per order\n\n${table(
      ['calls', 'ms', 'ms planning', 'WAL bytes', 'statement'],
      statements
        .slice(0, SHOWN)
        .map(({ callsPerOrder, msPerOrder, planningMsPerOrder, walBytesPerOrder, query }) => [
          callsPerOrder,
          msPerOrder,
          planningMsPerOrder,
          walBytesPerOrder,
          `\`${query.slice(0, 90).replaceAll('|', '\\|')}\``,
        ]),
    )}`,
    ...threads.map(({ name, busy }) =>
      section(
        `Busiest functions of ${name}, ms per order (${shown(busy.busyMs / recordedOrders)} in all)`,
        busy.functions.slice(0, SHOWN).map(({ label, ms }) => [label.slice(0, LABEL), ms / recordedOrders]),
      ),
    ),
  ];
  return `${parts.join('\n\n')}\n`;
}

function named(values) {
  return Object.entries(values)
    .filter(([, value]) => value >= RARE)
    .sort(([, a], [, b]) => b - a);
}

function section(title, rows) {
  return `## ${title}\n\n${table(['', ''], rows)}`;
}

function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => (typeof cell === 'number' ? shown(cell) : cell)).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

function shown(value) {
  if (Number.isInteger(value)) return String(value);
  return value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2);
}
