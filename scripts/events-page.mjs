const PART = /(<!-- schemas -->\n)[\s\S]*?(<!-- end of schemas -->)/;

/** The page with the JSON schemas of the events in their place. */
export function withSchemas(page, schemas) {
  const parts = schemas.map(({ types, schema }) => {
    const names = types.map((type) => `<code>${type}</code>`).join(', ');
    return `<details><summary>${names}</summary>\n\n\`\`\`json\n${JSON.stringify(schema, null, 2)}\n\`\`\`\n\n</details>\n`;
  });
  return page.replace(PART, (_, begin, end) => `${begin}\n${parts.join('\n')}\n${end}`);
}
