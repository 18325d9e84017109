import { parseSandboxOptions, usage } from './options.js';
import type { SandboxOptions } from './options.js';
import { serveSandbox } from './serve.js';

const shutdownDeadlineMs = 5_000;

await run();

async function run(): Promise<void> {
  let options: SandboxOptions;
  try {
    options = parseSandboxOptions(process.argv.slice(2), process.env);
  } catch (error) {
    return fail(`${messageOf(error)}\n${usage}`);
  }
  try {
    const sandbox = await serveSandbox({ ...options.serve, onFault: console.error });
    console.log(`payment sandbox on ${sandbox.url}`);
    stopOn(() => sandbox.close(), options.exitWithStdin);
  } catch (error) {
    fail(messageOf(error));
  }
}

function stopOn(close: () => Promise<void>, exitWithStdin: boolean): void {
  let stopping = false;
  const stop = (): void => {
    if (stopping) return;
    stopping = true;
    setTimeout(() => process.exit(1), shutdownDeadlineMs);
    close().then(
      () => process.exit(0),
      (error: unknown) => fail(messageOf(error)),
    );
  };
  process.on('SIGTERM', stop);
  process.on('SIGINT', stop);
  if (!exitWithStdin) return;
  process.stdin.on('end', stop).on('close', stop).on('error', stop);
  process.stdin.resume();
}

function fail(message: string): never {
  console.error(message);
  process.exit(1);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
