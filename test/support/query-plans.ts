import type { Database } from '../../src/adapters/postgres/pool.js';

/** A node of a plan that was carried out, as `explain (format json)` tells of it. */
export interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Shared Hit Blocks': number;
  'Shared Read Blocks': number;
  Plans?: PlanNode[];
}

export async function planOf(
  { pool }: Database,
  statement: { sql: string; parameters: readonly unknown[] },
): Promise<PlanNode> {
  const { rows } = await pool.query<{ 'QUERY PLAN': { Plan: PlanNode }[] }>(
    `explain (analyze, buffers, format json) ${statement.sql}`,
    [...statement.parameters],
  );
  const plan = rows[0]?.['QUERY PLAN'][0]?.Plan;
  if (plan === undefined) throw new Error('no plan');
  return plan;
}

/** What a plan read, and the most rows that any of its sorts was given. */
export function accessesOf(plan: PlanNode) {
  const nodes = nodesOf(plan);
  const rowsBelow = ({ Plans = [] }: PlanNode) =>
    Plans.reduce((sum, below) => sum + below['Actual Rows'] * below['Actual Loops'], 0);
  return {
    relations: nodes.flatMap((node) => {
      const name = node['Relation Name'];
      return name === undefined
        ? []
        : [{ name, node: node['Node Type'], loops: node['Actual Loops'], blocks: blocksOf(node) }];
    }),
    sortedRows: Math.max(0, ...nodes.filter((node) => node['Node Type'].includes('Sort')).map(rowsBelow)),
    removedRows: nodes.reduce((sum, node) => sum + (node['Rows Removed by Filter'] ?? 0) * node['Actual Loops'], 0),
  };
}

export function blocksOf(node: PlanNode): number {
  return node['Shared Hit Blocks'] + node['Shared Read Blocks'];
}

function nodesOf(node: PlanNode): PlanNode[] {
  return [node, ...(node.Plans ?? []).flatMap(nodesOf)];
}
