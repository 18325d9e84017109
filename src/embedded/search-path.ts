import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

const NAMES_FOR_SERVERS =
  /^(?:PATH|LANG|LANGUAGE|LC_\w+|TZ|TMPDIR|TMP|TEMP|LD_LIBRARY_PATH|DYLD_\w+|LOCALE_ARCHIVE|SystemRoot|SYSTEMROOT|windir|ComSpec)$/;

/** What programs that fetch and build inherit, with the given search path in place of our own: proxies and all. */
export function childEnvironment(searchPath?: string): NodeJS.ProcessEnv {
  return searchPath === undefined ? process.env : { ...process.env, PATH: searchPath };
}

/**
 * What servers inherit: nothing that a shell sets for other programs. PGOPTIONS or TEMPORAL_ENV would change them, and
 * so would settings under a home directory; theirs is the directory of their data.
 */
export function serverEnvironment(home: string, more: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => NAMES_FOR_SERVERS.test(name));
  return { ...Object.fromEntries(kept), HOME: home, ...more };
}

/** The file name of a program on this system. */
export function executableName(program: string): string {
  return process.platform === 'win32' ? `${program}.exe` : program;
}

/** Whether the path is a file that this user may run. */
export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return (await stat(path)).isFile();
  } catch {
    return false;
  }
}

/** The first executable file of this name on the environment's search path. */
export async function findOnPath(program: string, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  for (const directory of (environment['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue;
    const path = join(directory, executableName(program));
    if (await isExecutable(path)) return path;
  }
  return undefined;
}

/** Like `findOnPath`. @throws Error when the program is not there. */
export async function requireOnPath(program: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const path = await findOnPath(program, environment);
  if (path === undefined) throw new Error(`${program} is not on PATH`);
  return path;
}
