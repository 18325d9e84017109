const PAGE_INTRODUCTION = `# Configuration

Generated from the schema in \`src/config\` by \`npm run docs\`; the program validates the environment against the same schema.
Everything is read once, at start; commands next to a running \`npm start\` take its ports from its home. An empty
variable counts as not set. \`node dist/main.js config\` shows the value of each variable and where it comes from, with secrets
hidden, lists every fault, and warns about names that look misspelled; \`--json\` prints the same for programs.

"Used by" names the roles that read a variable: \`api\`, \`worker\`, or \`up\`, which also runs both, for the servers that it starts.
Secrets are never printed, and neither are passwords in URLs.
`;

const EXAMPLE_INTRODUCTION = '# All settings with their defaults. An empty variable counts as not set.\n';

/** The page that explains each variable. */
export function configurationPage(settings) {
  const sections = groupsOf(settings).map(({ title, members }) => {
    const rows = members.map((setting) => `| ${cellsOf(setting).join(' | ')} |`);
    return [
      `## ${title}`,
      '',
      '| variable | default | must be | used by | description |',
      '| --- | --- | --- | --- | --- |',
      ...rows,
      '',
    ].join('\n');
  });
  return [PAGE_INTRODUCTION, ...sections].join('\n');
}

/** The file of variables with their defaults, to be copied and changed. */
export function environmentExample(settings) {
  const blocks = groupsOf(settings).map(({ members }) =>
    members.map(({ name, description, defaultText }) => `# ${description}\n${name}=${defaultText}\n`).join(''),
  );
  return [EXAMPLE_INTRODUCTION, ...blocks].join('\n');
}

function groupsOf(settings) {
  const titles = [...new Set(settings.map(({ group }) => group))];
  return titles.map((title) => ({ title, members: settings.filter(({ group }) => group === title) }));
}

function cellsOf({ name, defaultText, allowed, unit, usedBy, secret, description }) {
  const measure = unit === undefined || (allowed ?? '').includes(unit) ? '' : `, in ${unit}`;
  const words = {
    all: ' A secret.',
    credentials: ' A password in it is never shown.',
  };
  return [
    `\`${name}\``,
    defaultText === '' ? '' : `\`${defaultText}\``,
    code(`${allowed ?? 'text'}${measure}`),
    usedBy.map((role) => `\`${role}\``).join(', '),
    code(description) + (words[secret] ?? ''),
  ];
}

/** Angle brackets would be taken for HTML. */
function code(text) {
  return text.replaceAll('<', '&lt;').replaceAll('|', '\\|');
}
