import type { Context } from 'hono';
import { decimalsOf, MAX_AMOUNT_MINOR } from '../domain/money.js';

/** A form that cannot be used; the text says why. */
export class FormFault extends Error {}

/** The text fields of a form. */
export async function fieldsOf(c: Context): Promise<(name: string) => string> {
  const body = await c.req.parseBody();
  return (name) => {
    const value = body[name];
    return typeof value === 'string' ? value.trim() : '';
  };
}

/** @throws FormFault */
export function required(text: string, what: string, most: number): string {
  if (text === '') throw new FormFault(`${what} is required.`);
  if (text.length > most) throw new FormFault(`${what} may have ${most} characters at most.`);
  return text;
}

/**
 * An amount as a person writes it, such as 14.99 or 14,99; undefined when it is empty.
 * @throws FormFault
 */
export function amountMinor(text: string, currency: string): number | undefined {
  if (text === '') return undefined;
  const decimals = decimalsOf(currency);
  const [, whole = '', part = ''] = /^(\d{1,12})(?:[.,](\d+))?$/.exec(text) ?? [];
  const minor = whole === '' || part.length > decimals ? 0 : Number(`${whole}${part.padEnd(decimals, '0')}`);
  if (minor >= 1 && minor <= MAX_AMOUNT_MINOR) return minor;
  throw new FormFault(`The amount must be above 0, such as 14.99, with ${decimals} decimals at most in ${currency}.`);
}

/** @throws FormFault */
export function wholeNumber(text: string): number {
  const number = Number(text);
  if (/^[+-]?\d{1,10}$/.test(text) && number !== 0 && Math.abs(number) <= 1_000_000_000) return number;
  throw new FormFault('The change must be a whole number other than 0, such as 10 or -3.');
}
