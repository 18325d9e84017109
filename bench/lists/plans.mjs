const RUNS = 3;

/** What a statement costs when all it needs is in memory: the quickest of a few runs. */
export async function explain(database, { sql, parameters }) {
  const runs = [];
  for (let i = 0; i < RUNS; i += 1) {
    const { rows } = await database.pool.query(`explain (analyze, buffers, format json) ${sql}`, [...parameters]);
    runs.push(rows[0]['QUERY PLAN'][0]);
  }
  const best = runs.reduce((a, b) => (a['Execution Time'] <= b['Execution Time'] ? a : b));
  const nodes = nodesOf(best.Plan);
  return {
    ms: best['Execution Time'] + best['Planning Time'],
    buffers: best.Plan['Shared Hit Blocks'] + best.Plan['Shared Read Blocks'],
    rows: best.Plan['Actual Rows'],
    access: accessOf(nodes),
  };
}

/** How the page was found: the scans of orders other than the one that fetches its rows by their ids. */
function accessOf(nodes) {
  const scans = nodes
    .filter((node) => node['Relation Name'] === 'orders' || node['Index Name']?.startsWith('orders_'))
    .filter((node) => node['Index Name'] !== 'orders_pkey')
    .map((node) => node['Index Name'] ?? node['Node Type']);
  const held = nodes.some((node) => node['Index Name'] === 'reservations_to_expire');
  const names = new Set([...scans, ...(held ? ['reservations_to_expire'] : [])]);
  const sorted = nodes.filter((node) => node['Node Type'].includes('Sort')).map(sortedRows);
  const most = Math.max(0, ...sorted);
  return `${[...names].join(', ') || 'orders_pkey'}${most > 0 ? `; sorts ${most}` : ''}`;
}

/** What a sort was given: the rows of what is below it. */
function sortedRows(node) {
  return Math.round((node.Plans ?? []).reduce((sum, below) => sum + below['Actual Rows'] * below['Actual Loops'], 0));
}

function nodesOf(plan) {
  return [plan, ...(plan.Plans ?? []).flatMap(nodesOf)];
}
