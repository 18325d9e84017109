import { z } from 'zod';

/** The role that reads a variable: the API, the worker, or `up` for the servers that it starts. */
export type Reader = 'api' | 'worker' | 'up' | 'cli';

declare module 'zod/v4/core' {
  interface GlobalMeta {
    /** The readers of a variable of the configuration. */
    usedBy?: readonly Reader[];
    /** The allowed values, in words that follow "must be". */
    allowed?: string;
    unit?: string;
    /** `all`: the value is never shown. `credentials`: it is a URL, whose password is not. */
    secret?: 'all' | 'credentials';
  }
}

export const API = ['api'] as const;
export const WORKER = ['worker'] as const;
export const BOTH = ['api', 'worker'] as const;
export const UP = ['up'] as const;
export const CLI = ['cli'] as const;

const number = z
  .string()
  .regex(/^\s*-?\d+(?:\.\d+)?\s*$/)
  .transform(Number);

/** A whole number. */
export const count = (fallback: number, min: number, max: number) =>
  number
    .pipe(z.int().min(min).max(max))
    .default(fallback)
    .meta({ allowed: `a whole number from ${min} to ${max}` });

/** A time in milliseconds. */
export const ms = (fallback: number, min: number, max: number) => count(fallback, min, max).meta({ unit: 'ms' });

/** An amount of money in the currency's minor unit. */
export const minor = (fallback: number, min: number, max: number) =>
  count(fallback, min, max).meta({ unit: 'minor units' });

export const port = (fallback: number) => count(fallback, 1, 65_535);

/** A fraction. */
export const fraction = (fallback: number) =>
  number.pipe(z.number().min(0).max(1)).default(fallback).meta({ allowed: 'a number from 0 to 1' });

export const flag = (fallback: boolean) => z.stringbool().default(fallback).meta({ allowed: 'true or false' });

export const text = (fallback: string) => z.string().min(1).default(fallback);

export const optionalText = () => z.string().min(1).optional();

/** Text of a certain form; `allowed` says which, in words that follow "must be". */
export const form = (allowed: string, test: (text: string) => boolean) =>
  z.string().refine(test).optional().meta({ allowed });

export const formWithDefault = (fallback: string, allowed: string, test: (text: string) => boolean) =>
  z.string().refine(test).default(fallback).meta({ allowed });

/** The URL of a server, whose credentials are never shown. */
export const url = (allowed: string, schemes: RegExp) =>
  z
    .string()
    .regex(new RegExp(`^(?:${schemes.source})://[^\\s/]`))
    .refine((given) => URL.canParse(given))
    .optional()
    .meta({ allowed, secret: 'credentials' });

/** The same, for a server without authentication. */
export const urlWithoutUser = (allowed: string, schemes: RegExp) =>
  url(allowed, schemes)
    .refine((given) => given === undefined || !namesUser(given))
    .meta({ allowed, secret: 'credentials' });

function namesUser(given: string): boolean {
  if (!URL.canParse(given)) return false;
  const { username, password } = new URL(given);
  return username !== '' || password !== '';
}
