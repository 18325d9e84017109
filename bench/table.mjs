const COLUMNS = [
  { title: 'orders/s', key: 'perSecond' },
  { title: 'accepted p50 ms', key: 'acceptedP50' },
  { title: 'p99 ms', key: 'acceptedP99' },
  { title: 'end to end p50 ms', key: 'settledP50' },
  { title: 'p99 ms', key: 'settledP99' },
  { title: 'CPU ms/order: app', key: 'appCpu' },
  { title: 'Temporal', key: 'temporalCpu' },
  { title: 'PostgreSQL', key: 'postgresCpu' },
  { title: 'sandbox', key: 'sandboxCpu' },
  { title: 'client', key: 'clientCpu' },
];

/**
 * A Markdown table: for each level both sides and their ratio.
 * @param results a list of `{ clients, rounds: [{ name, figures: [one object per round] }, …] }`, Holdfast first
 */
export function tableOf(results) {
  const rows = [['clients', '', 'orders', ...COLUMNS.map((column) => column.title)]];
  for (const { clients, rounds } of results) {
    for (const { name, figures } of rounds) {
      const orders = figures.reduce((sum, figure) => sum + figure.orders, 0);
      rows.push([clients, name, orders, ...COLUMNS.map(({ key }) => shown(medianOf(figures, key)))]);
    }
    rows.push([clients, 'ratio', '', ...COLUMNS.map(({ key }) => `${shown(medianRatio(rounds, key))}×`)]);
  }
  return markdown(rows.map((row) => row.map(String)));
}

/** The middle one of the rounds: a round that was disturbed by something else has no say. */
function medianOf(figures, key) {
  return median(figures.map((figure) => figure[key]));
}

/**
 * The ratio of each round, and of these the middle one. The two sides of a round run one right after the other; their
 * medians may come from different rounds, and a machine that gets busier meanwhile would bend the ratio of those.
 */
function medianRatio([holdfast, textbook], key) {
  return median(holdfast.figures.map((figure, i) => figure[key] / textbook.figures[i][key]));
}

function median(numbers) {
  const values = numbers.sort((a, b) => a - b);
  const middle = Math.floor(values.length / 2);
  return values.length % 2 === 1 ? values[middle] : (values[middle - 1] + values[middle]) / 2;
}

function shown(value) {
  if (!Number.isFinite(value)) return '-';
  if (value >= 100) return value.toFixed(0);
  return value.toFixed(value >= 10 ? 1 : 2);
}

function markdown([head, ...body]) {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...body].map((row) => row[i].length)));
  const line = (row) =>
    `| ${row.map((cell, i) => (i === 1 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 1 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line)].join('\n');
}
