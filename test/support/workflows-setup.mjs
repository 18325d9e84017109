import { homedir } from 'node:os';
import { join } from 'node:path';
import { provideTimeSkippingServer } from '../../dist/embedded/programs.js';

/** Workflow tests find the time-skipping server's path in HOLDFAST_TEST_SERVER. */
export default async function setup() {
  process.env.HOLDFAST_TEST_SERVER = await provideTimeSkippingServer({
    ...(process.env.HOLDFAST_TEST_SERVER ? { override: process.env.HOLDFAST_TEST_SERVER } : {}),
    cacheDirectory: join(homedir(), '.cache', 'holdfast', 'bin'),
    report: (line) => process.stderr.write(`${line}\n`),
  });
}
