import { givenIn, readConfig, SETTINGS, type Config } from '../config.js';
import { keepOthersOut } from '../embedded/own-process.js';
import { portsIn } from './up/home.js';

export interface Given {
  environment: Readonly<Record<string, string>>;
  /** The ports of the `up` in this home; the environment takes precedence. */
  home: Readonly<Record<string, string>>;
}

/** The settings of a command that uses servers that already run. */
export async function givenHere(): Promise<Given> {
  const environment = givenIn();
  const home = environment['HOLDFAST_HOME'] ?? SETTINGS.find(({ name }) => name === 'HOLDFAST_HOME')?.defaultText ?? '';
  return { environment, home: await portsIn(home) };
}

/** @throws Error that lists every fault of the configuration at once, in words */
export async function configHere(): Promise<Config> {
  const { environment, home } = await givenHere();
  const config = readConfig({ ...home, ...environment });
  keepOthersOut({ ownDatabase: config.DATABASE_URL === undefined });
  return { ...config, SANDBOX_URL: config.SANDBOX_URL ?? `http://127.0.0.1:${config.SANDBOX_PORT}` };
}
