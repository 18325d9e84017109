const PAGE_INTRODUCTION = `# Configuration

Written from the schema in \`src/config\` by \`npm run docs\`; the program checks what it is given against the same schema. All is
read once, at start, from the environment; commands beside a running \`npm start\` take its ports from its home. An empty variable counts as not set. \`holdfast config\` shows what each variable is
and where it comes from, with secrets hidden, lists every fault, and warns of names that look misspelt; \`--json\` gives
the same to a program.

"Used by" names the roles that read a variable: \`api\`, \`worker\`, or \`up\`, which also runs both, for the servers that it starts.
A secret is never printed; of a URL with a password, the password is not.
`;

const EXAMPLE_INTRODUCTION =
  '# Everything that can be configured, with its default. An empty variable counts as not set.\n';

/** The page that explains each variable. */
export function configurationPage(settings) {
  const sections = groupsOf(settings).map(({ title, members }) => {
    const rows = members.map((setting) => `| ${cellsOf(setting).join(' | ')} |`);
    return [
      `## ${title}`,
      '',
      '| variable | default | must be | used by | what it is |',
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
