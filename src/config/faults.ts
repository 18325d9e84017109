import type { z } from 'zod';
import type { Setting } from './settings.js';
import { HIDDEN, shown } from './shown.js';

/** One thing that is wrong with the configuration. */
export interface Fault {
  name: string;
  /** As it was given, fit to be seen; nothing when it is not set. */
  given: string | undefined;
  /** What it has to be, in words. */
  must: string;
}

/** A rule about several variables at once; it is asked when each of them is right by itself. */
export interface Rule<Values> {
  /** What it is about; the first is the one that has to change. */
  names: readonly [keyof Values & string, ...(keyof Values & string)[]];
  must: string;
  isBroken(values: Values): boolean;
}

/** What the schema has against these values, each variable once. */
export function faultsOf(
  error: z.ZodError,
  given: Readonly<Record<string, string>>,
  settings: readonly Setting[],
): Fault[] {
  const names = new Set(error.issues.map(({ path }) => path[0]));
  return settings
    .filter(({ name }) => names.has(name))
    .map((setting) => faultOf(setting, given, `must be ${setting.allowed ?? 'text'}`));
}

export function faultOf({ name, secret }: Setting, given: Readonly<Record<string, string>>, must: string): Fault {
  const value = given[name];
  return { name, given: value === undefined ? undefined : shown(value, secret), must };
}

/** A fault as a sentence. */
export function faultText({ name, given, must }: Fault): string {
  if (given === undefined) return `${name} is not set; it ${must}`;
  return `${name} is ${given === HIDDEN ? 'set to something else (hidden)' : `"${given}"`}; it ${must}`;
}
