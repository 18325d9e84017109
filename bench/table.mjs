import { median } from './quantile.mjs';

const COLUMNS = [
  { title: 'orders/s', key: 'perSecond' },
  { title: 'refused', key: 'refusals' },
  { title: 'accepted p50 ms', key: 'acceptedP50' },
  { title: 'p95', key: 'acceptedP95' },
  { title: 'p99', key: 'acceptedP99' },
  { title: 'end to end p50 ms', key: 'settledP50' },
  { title: 'p95', key: 'settledP95' },
  { title: 'p99', key: 'settledP99' },
  { title: 'CPU ms/order: all', key: 'allCpu' },
  { title: 'app', key: 'appCpu' },
  { title: 'engine', key: 'temporalCpu' },
  { title: 'PostgreSQL', key: 'postgresCpu' },
  { title: 'sandbox', key: 'sandboxCpu' },
  { title: 'memory MB', key: 'allMb' },
];

/**
 * A Markdown table: for each level all sides, and the ratios of the first one to each other one.
 * @param results a list of `{ level, rounds: [{ name, figures: [one object per round] }, …] }`
 */
export function tableOf(results) {
  const rows = [['load', '', 'orders', ...COLUMNS.map((column) => column.title)]];
  for (const { level, rounds } of results) {
    for (const { name, figures } of rounds) {
      const orders = figures.reduce((sum, figure) => sum + figure.orders, 0);
      rows.push([level.name, name, orders, ...COLUMNS.map(({ key }) => shown(medianOf(figures, key)))]);
    }
    for (const other of rounds.slice(1)) {
      const ratios = COLUMNS.map(({ key }) => shown(medianRatio(rounds[0], other, key), '×'));
      rows.push([level.name, `${rounds[0].name} : ${other.name}`, '', ...ratios]);
    }
  }
  return markdown(rows.map((row) => row.map(String)));
}

/** The middle one of the rounds: a round that was disturbed by something else has no say. */
export function medianOf(figures, key) {
  return median(figures.map((figure) => figure[key]));
}

/**
 * The ratio of each round, and of these the middle one. The sides of a round run one right after the other; their
 * medians may come from different rounds, and a machine that gets busier meanwhile would bend the ratio of those.
 */
export function medianRatio(first, other, key) {
  return median(first.figures.map((figure, i) => figure[key] / other.figures[i][key]));
}

function shown(value, unit = '') {
  if (!Number.isFinite(value)) return '-';
  const digits = value >= 100 || Number.isInteger(value) ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${unit}`;
}

function markdown([head, ...body]) {
  const widths = head.map((_, i) => Math.max(3, ...[head, ...body].map((row) => row[i].length)));
  const line = (row) =>
    `| ${row.map((cell, i) => (i === 1 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join(' | ')} |`;
  const rule = `| ${widths.map((width, i) => (i === 1 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`)).join(' | ')} |`;
  return [line(head), rule, ...body.map(line)].join('\n');
}
