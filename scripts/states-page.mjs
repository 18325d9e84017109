const INTRODUCTION = `# States

Generated from the tables in \`src/domain\` by \`npm run docs\`; the code checks every change of state against the same tables.
[The architecture](architecture.md#statuses) explains the statuses of an order.
`;

const RULES = `## Rules

Each column is one list in \`src/domain\`, which the code, its SQL and this page share.
`;

/** The page with a diagram and a table for each state table, and the rules that go by states. */
export function statesPage(tables, rules) {
  const drawings = Object.entries(tables).map(([name, table]) => section(name, table));
  return [INTRODUCTION, ...drawings, RULES, ...rules.map(ruleTable)].join('\n');
}

function ruleTable({ name, columns, rows }) {
  const heads = Object.keys(columns);
  const marks = (row) => Object.values(columns).map((holders) => (holders.includes(row) ? 'yes' : ''));
  return [
    `| ${[name, ...heads].join(' | ')} |`,
    `| ${[name, ...heads].map(() => '---').join(' | ')} |`,
    ...rows.map((row) => `| \`${row}\` | ${marks(row).join(' | ')} |`),
    '',
  ].join('\n');
}

function section(name, table) {
  const [first] = Object.keys(table);
  const ends = Object.keys(table).filter((state) => table[state].length === 0);
  const arrows = Object.entries(table).flatMap(([from, tos]) => tos.map((to) => `  ${from} --> ${to}`));
  const rows = Object.entries(table).map(([from, tos]) => {
    return `| \`${from}\` | ${tos.length === 0 ? 'end' : tos.map((to) => `\`${to}\``).join(', ')} |`;
  });
  return [
    `## ${name}`,
    '',
    '```mermaid',
    'stateDiagram-v2',
    `  [*] --> ${first}`,
    ...arrows,
    ...ends.map((state) => `  ${state} --> [*]`),
    '```',
    '',
    '| from | to |',
    '| --- | --- |',
    ...rows,
    '',
  ].join('\n');
}
