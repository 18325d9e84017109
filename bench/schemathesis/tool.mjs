import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { access, readFile, rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));
const INSTALL_MS = 300_000;

/**
 * Installs Schemathesis into the user's cache, once for each set of versions.
 * @returns its program
 * @throws Error that says what is missing
 */
export async function provideSchemathesis(report) {
  const versions = await readFile(REQUIREMENTS, 'utf8');
  const cache = process.env.HOLDFAST_CACHE || join(homedir(), '.cache', 'holdfast', 'bin');
  const directory = join(cache, `schemathesis-${createHash('sha256').update(versions).digest('hex').slice(0, 12)}`);
  const program = join(directory, 'bin', 'schemathesis');
  // Made last: an installation that was cut short has none.
  const done = join(directory, 'pyvenv.cfg.complete');
  if (await exists(done)) return program;

  report('Installing Schemathesis; once, about half a minute.');
  await rm(directory, { recursive: true, force: true });
  await step('python3', ['-m', 'venv', directory], 'Install Python 3.10 or newer with its module venv');
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '--requirement', REQUIREMENTS];
  await step(join(directory, 'bin', 'python'), pip, 'PyPI, or a mirror that pip is configured for, must be reachable');
  await step(program, ['--version'], 'Remove the directory and try again');
  await run('touch', [done]);
  return program;
}

async function step(file, args, advice) {
  await run(file, args, { timeout: INSTALL_MS }).catch((error) => {
    const said = String(error.stderr ?? error.message)
      .trim()
      .split('\n')
      .slice(-5)
      .join('\n');
    throw new Error(`"${file} ${args.slice(0, 3).join(' ')} …" failed. ${advice}.\n${said}`);
  });
}

const exists = (path) =>
  access(path).then(
    () => true,
    () => false,
  );
