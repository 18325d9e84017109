import { printable } from './printable.js';
import type { Setting } from './settings.js';

export const HIDDEN = 'set (hidden)';
const MASK = '***';
const LONGEST = 120;

/** A value as people may see it: no secret, no control characters, no endless line. */
export function shown(value: string, secret: Setting['secret']): string {
  if (secret === 'all') return HIDDEN;
  const text = secret === 'credentials' ? withoutCredentials(value) : value;
  const line = printable(text);
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** A URL in which a slip may have put a part of the password into another place is hidden as a whole. */
function withoutCredentials(value: string): string {
  if (!/^[a-z]+:\/\//i.test(value) || !URL.canParse(value)) return HIDDEN;
  const address = new URL(value);
  if (`${address.pathname}${address.search}${address.hash}`.includes('@') || address.hash !== '') return HIDDEN;
  // A user without a password, or with the same, is a token.
  const isToken = !address.protocol.startsWith('postgres') && ['', address.username].includes(address.password);
  if (address.username !== '' && isToken) address.username = MASK;
  if (address.password !== '') address.password = MASK;
  for (const name of new Set(address.searchParams.keys())) {
    if (/pass|secret|token|key|auth/i.test(name)) address.searchParams.set(name, MASK);
  }
  return address.href;
}
