import type { z } from 'zod';
import type { Setting } from './settings.js';
import { HIDDEN, shown } from './shown.js';

/** One thing that is wrong with the configuration. */
export interface Fault {
  name: string;
  /** The given value, safe to show; undefined if it is not set. */
  given: string | undefined;
  /** What it must be, in words. */
  must: string;
}

/** A rule about several variables; it is checked once each of them is valid on its own. */
export interface Rule<Values> {
  /** The variables; the first one is the one to change. */
  names: readonly [keyof Values & string, ...(keyof Values & string)[]];
  must: string;
  isBroken(values: Values): boolean;
}

/** The schema's objections to these values, one per variable. */
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
