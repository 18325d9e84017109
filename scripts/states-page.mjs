const INTRODUCTION = `# States

Drawn from the tables in \`src/domain\` by \`npm run docs\`; whatever writes a state checks the same table. What each order
status means is in [the architecture](architecture.md).
`;

/** The page with a diagram and a table for each state table. */
export function statesPage(tables) {
  return [INTRODUCTION, ...Object.entries(tables).map(([name, table]) => section(name, table))].join('\n');
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
