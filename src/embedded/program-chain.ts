import { chmod, mkdir, mkdtemp, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from './errors.js';
import { withFileLock } from './file-lock.js';
import type { Report } from './report.js';
import { childEnvironment, executableName, findOnPath, isExecutable } from './search-path.js';

/** The workspace of one way to make a program: `directory` is private and removed afterwards. */
export interface Workshop {
  directory: string;
  cacheDirectory: string;
  environment: NodeJS.ProcessEnv;
  report: Report;
  /** Aborts the work. */
  signal?: AbortSignal | undefined;
}

/** One way to make a program; `make` returns the path of the file, or throws the reason why it cannot. */
export interface Way {
  title: string;
  make(workshop: Workshop): Promise<string>;
}

export interface Program {
  name: string;
  /** The environment variable whose value arrives as `override`. */
  variable: string;
  /** What to do if no way works. */
  advice: string;
  /** Proves that a made file runs here; throws when it does not. */
  check(file: string, environment: NodeJS.ProcessEnv): Promise<void>;
  ways: readonly Way[];
}

export interface ProvideOptions {
  /** A path that takes precedence over everything else. */
  override?: string;
  /** Made programs are kept here, for every checkout of this user. */
  cacheDirectory: string;
  report: Report;
  /** Replaces PATH, for the look-up and for the child processes. */
  searchPath?: string;
  /** Aborts the search and whatever it has started. */
  signal?: AbortSignal;
}

const LOCK_WAIT_MS = 25 * 60_000;

/**
 * Finds the program, or makes it and keeps it in the cache. Only one process makes it; others wait for that.
 * @throws Error when `override` cannot be run, or when no way works: the message lists every way with its reason.
 */
export async function provide(program: Program, options: ProvideOptions): Promise<string> {
  const { override, cacheDirectory, report, signal } = options;
  const environment = childEnvironment(options.searchPath);
  const kept = join(cacheDirectory, executableName(program.name));
  const inCache = async () => ((await isExecutable(kept)) ? kept : undefined);

  if (override !== undefined) return mustRun(override, program.variable);
  const found = (await findOnPath(program.name, environment)) ?? (await inCache());
  if (found !== undefined) return found;

  const onWait = (pid: number) => report(`${program.name}: process ${pid} is building it; waiting`);
  return withFileLock(
    join(cacheDirectory, `${program.name}.lock`),
    { waitMs: LOCK_WAIT_MS, onWait, signal },
    async () => {
      return (await inCache()) ?? (await makeAndKeep(program, kept, { cacheDirectory, environment, report, signal }));
    },
  );
}

async function mustRun(path: string, variable: string): Promise<string> {
  if (await isExecutable(path)) return path;
  throw new Error(`${variable} is set to ${path}, which is not an executable file`);
}

async function makeAndKeep(program: Program, kept: string, bench: Omit<Workshop, 'directory'>): Promise<string> {
  const { name, variable } = program;
  const reasons = [`${variable}: not set`, `${name} on PATH: not found`, `${kept}: not there`];
  await removeLeftovers(name, bench.cacheDirectory);
  for (const way of program.ways) {
    bench.signal?.throwIfAborted();
    bench.report(`${name}: trying ${way.title}`);
    const directory = await mkdtemp(join(bench.cacheDirectory, workshopPrefix(name)));
    try {
      const made = await way.make({ ...bench, directory });
      await chmod(made, 0o755);
      await program.check(made, bench.environment);
      await rename(made, kept);
      bench.report(`${name}: ready in ${kept}`);
      return kept;
    } catch (error) {
      bench.signal?.throwIfAborted();
      const reason = reasonOf(error);
      reasons.push(`${way.title}: ${reason}`);
      bench.report(`${name}: ${way.title} did not work: ${reason.split('\n', 1)[0] ?? ''}`);
    } finally {
      await rm(directory, { recursive: true, force: true });
    }
  }
  throw new Error(
    [`${name} is needed, and none of these ways worked:`, ...reasons.map((r) => `- ${r}`), program.advice].join('\n'),
  );
}

/** Half-made programs of a starter that was killed. */
async function removeLeftovers(name: string, cacheDirectory: string): Promise<void> {
  await mkdir(cacheDirectory, { recursive: true });
  for (const entry of await readdir(cacheDirectory)) {
    if (entry.startsWith(workshopPrefix(name))) await rm(join(cacheDirectory, entry), { recursive: true, force: true });
  }
}

function workshopPrefix(name: string): string {
  return `.${name}.`;
}
