// Every setting, with its bounds and description. Never the environment itself: `config.ts` reads that.

import { z } from 'zod';
import type { Reader } from './kinds.js';

/** Everything about one variable except its schema. */
export interface Setting {
  name: string;
  group: string;
  description: string;
  usedBy: readonly Reader[];
  /** The allowed values, in words that follow "must be"; undefined if any text is allowed. */
  allowed: string | undefined;
  unit: string | undefined;
  secret: 'all' | 'credentials' | undefined;
  /** As it would be written in the environment; empty if unset has its own meaning. */
  defaultText: string;
}

type Shape = Readonly<Record<string, z.ZodType>>;

const groups = z.registry<{ title: string }>();

/** Puts variables under one title, in display order. */
export function group<S extends Shape>(title: string, variables: S): S {
  for (const variable of Object.values(variables)) groups.add(variable, { title });
  return variables;
}

/**
 * Lists the variables of a schema.
 * @throws Error for a variable without a group, a description or its readers
 */
export function settingsOf(shape: Shape): Setting[] {
  return Object.entries(shape).map(([name, variable]) => {
    const { title } = groups.get(variable) ?? {};
    const { description, usedBy, allowed, unit, secret } = variable.meta() ?? {};
    if (title === undefined || description === undefined || usedBy === undefined) {
      throw new Error(`${name} needs a group, and .meta({ usedBy, description })`);
    }
    return {
      name,
      group: title,
      description,
      usedBy,
      allowed,
      unit,
      secret,
      defaultText: textOf(variable.parse(undefined)),
    };
  });
}

/** A value of the configuration as it would be written in the environment; empty for none. */
export function textOf(value: unknown): string {
  if (value === undefined) return '';
  if (Array.isArray(value)) return value.map(textOf).join(',');
  return typeof value === 'string' ? value : JSON.stringify(value);
}
