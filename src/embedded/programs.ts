import { setTimeout as sleep } from 'node:timers/promises';
import { freePort, portAnswers } from './tcp-ports.js';
import { goInstall, mavenLauncher } from './program-build.js';
import { provide, type ProvideOptions } from './program-chain.js';
import { download } from './program-download.js';
import { runCommand } from './run-command.js';

export interface ProgramOptions extends ProvideOptions {
  /** Stands in for Temporal's own download site. */
  downloadSite?: string;
}

const DOWNLOAD_SITE = 'https://temporal.download';
// The last version whose module `go install` accepts; newer ones carry a replace directive.
const CLI_VERSION = 'v1.5.1';
const TEST_SERVER_VERSION = '1.38.0';
const CHECK_MS = 30_000;
const POLL_MS = 50;

/**
 * The path of a `temporal` program with a development server in it.
 * First found wins: override, PATH, cache, download, a build with Go (minutes, once).
 * @throws Error that lists every way tried and what to install.
 */
export async function provideTemporalCli({ downloadSite, ...options }: ProgramOptions): Promise<string> {
  return provide(
    {
      name: 'temporal',
      variable: 'HOLDFAST_TEMPORAL_CLI',
      advice:
        'Install the Temporal CLI and put it on PATH, or set HOLDFAST_TEMPORAL_CLI to its path, or install Go 1.25 or newer.',
      check: answersVersion,
      ways: [
        download({ site: downloadSite ?? DOWNLOAD_SITE, artifact: 'cli', version: CLI_VERSION }),
        goInstall('temporal', `github.com/temporalio/cli/cmd/temporal@${CLI_VERSION}`),
      ],
    },
    options,
  );
}

/**
 * The path of a `temporal-test-server`, the server with time skipping that workflow tests need.
 * First found wins: override, PATH, cache, download, a launcher for the Java program fetched with Maven.
 * @throws Error that lists every way tried and what to install.
 */
export async function provideTimeSkippingServer({ downloadSite, ...options }: ProgramOptions): Promise<string> {
  return provide(
    {
      name: 'temporal-test-server',
      variable: 'HOLDFAST_TEST_SERVER',
      advice:
        'Put a temporal-test-server on PATH, or set HOLDFAST_TEST_SERVER to its path, or install Java 17 or newer and Maven.',
      check: servesOnAPort,
      ways: [
        download({ site: downloadSite ?? DOWNLOAD_SITE, artifact: 'temporal-test-server', version: 'default' }),
        mavenLauncher({
          name: 'temporal-test-server',
          groupId: 'io.temporal',
          artifactId: 'temporal-test-server',
          version: TEST_SERVER_VERSION,
          mainClass: 'io.temporal.testserver.TestServer',
        }),
      ],
    },
    options,
  );
}

async function answersVersion(file: string, environment: NodeJS.ProcessEnv): Promise<void> {
  await runCommand(file, ['--version'], { environment, deadlineMs: CHECK_MS });
}

/** The test server has no `--version`: it is started briefly instead. */
async function servesOnAPort(file: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const port = await freePort();
  const ending = new AbortController();
  const run = runCommand(file, [String(port)], { environment, deadlineMs: CHECK_MS, signal: ending.signal });
  const ended = run.then(() => {
    throw new Error(`${file} ended at once`);
  });
  try {
    await Promise.race([ended, answers(port, ending.signal)]);
  } finally {
    ending.abort();
    await run.catch(() => 'it was meant to end');
  }
}

async function answers(port: number, signal: AbortSignal): Promise<void> {
  while (!signal.aborted && !(await portAnswers(port))) await sleep(POLL_MS);
}
