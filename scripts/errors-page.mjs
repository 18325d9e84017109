const HEAD = `# Errors

Written by \`npm run docs\` from \`src/api/error-pages/\`; the server shows the same at \`/docs/errors\`.
`;

/** The page with a section for each problem. */
export function errorsMarkdown({ ERROR_SECTIONS, INTRODUCTION }) {
  const list = ERROR_SECTIONS.map(({ code, status, title }) => `| [\`${code}\`](#${code}) | ${status} | ${title} |`);
  return [
    HEAD,
    ...INTRODUCTION.map((text) => `${text}\n`),
    '| code | status | |',
    '| --- | --- | --- |',
    ...list,
    '',
    ...ERROR_SECTIONS.map(section),
  ].join('\n');
}

function section({ code, status, title, meaning, action, retry, example }) {
  return [
    `## ${code}`,
    '',
    `**${status}: ${title}.** ${meaning}`,
    '',
    `What to do: ${action}`,
    '',
    `Send it again? ${retry}`,
    '',
    '```json',
    example,
    '```',
    '',
  ].join('\n');
}
