import { constants } from 'node:fs';
import { access, stat } from 'node:fs/promises';
import { delimiter, join } from 'node:path';

/** What child processes inherit, with the given search path in place of our own. */
export function childEnvironment(searchPath?: string): NodeJS.ProcessEnv {
  return searchPath === undefined ? process.env : { ...process.env, PATH: searchPath };
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
