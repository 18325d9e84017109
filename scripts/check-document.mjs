// Runs the OpenAPI document through tools that shops use: two linters and a generator of Python clients, all of which
// must find nothing. Run after a build. The tools are fetched from their registries, and Python 3.10 or newer is needed.
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createApp } from '../dist/api/app.js';
import { documentOf } from '../dist/api/document/document.js';

const run = promisify(execFile);
const folder = await mkdtemp(join(tmpdir(), 'holdfast-document-'));
const file = join(folder, 'openapi.json');
const environment = {
  ...process.env,
  REDOCLY_TELEMETRY: 'off',
  REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true',
  SCARF_ANALYTICS: 'false',
};

const TOOLS = [
  {
    name: 'Redocly',
    check: async () => {
      const { stderr } = await npx('@redocly/cli@2.77.0', 'redocly', 'lint', '--format=stylish', file);
      return /\b[1-9]\d* (?:warning|error)s?\b/.test(stderr) ? stderr : undefined;
    },
  },
  {
    name: 'Spectral',
    check: async () => {
      const rules = join(folder, 'spectral.yaml');
      await writeFile(rules, 'extends: ["spectral:oas"]\n');
      await npx('@stoplight/spectral-cli@6.16.3', 'spectral', 'lint', '--fail-severity=hint', '-r', rules, file);
      return undefined;
    },
  },
  {
    name: 'openapi-python-client',
    check: async () => {
      const python = join(folder, 'python');
      await limited('python3', ['-m', 'venv', python]);
      const packages = ['openapi-python-client==0.29.1', 'ruff==0.14.6'];
      await limited(join(python, 'bin', 'pip'), ['install', '--quiet', '--disable-pip-version-check', ...packages]);
      const generate = ['generate', '--path', file, '--output-path', join(folder, 'client'), '--fail-on-warning'];
      const env = { ...environment, PATH: `${join(python, 'bin')}:${process.env.PATH}` };
      await limited(join(python, 'bin', 'openapi-python-client'), generate, env);
      return undefined;
    },
  },
];

try {
  await writeFile(file, JSON.stringify(documentOf(createApp(overNothing()))));
  for (const { name, check } of TOOLS) {
    const fault = await check().catch(({ message, stdout = '', stderr = '' }) => `${message}\n${stdout}${stderr}`);
    if (fault !== undefined) {
      console.error(`${name}:\n${fault}`);
      process.exitCode = 1;
    } else console.log(`${name}: no warnings`);
  }
} finally {
  await rm(folder, { recursive: true, force: true });
}

function npx(spec, ...command) {
  return limited('npm', ['exec', '--yes', `--package=${spec}`, '--', ...command]);
}

function limited(command, parameters, env = environment) {
  return run(command, parameters, { cwd: folder, env, timeout: 300_000, maxBuffer: 16 * 1024 * 1024 });
}

/** The document needs the app's routes only; none of them is called. */
function overNothing() {
  return { guards: [], maxBodyBytes: 65_536, log: { warn: () => {}, error: () => {} } };
}
