import { printable } from './printable.js';
import type { Setting } from './settings.js';

export const HIDDEN = 'set (hidden)';
const MASK = '***';
const LONGEST = 120;

/** A value that is safe to show: no secret, no control characters, limited length. */
export function shown(value: string, secret: Setting['secret']): string {
  if (secret === 'all') return HIDDEN;
  const text = secret === 'credentials' ? withoutCredentials(value) : value;
  const line = printable(text);
  return line.length > LONGEST ? `${line.slice(0, LONGEST)}…` : line;
}

/** A URL is hidden completely if a mistake may have put a part of the password in the wrong place. */
function withoutCredentials(value: string): string {
  if (!/^[a-z]+:\/\//i.test(value) || !URL.canParse(value)) return HIDDEN;
  const address = new URL(value);
  if (`${address.pathname}${address.search}${address.hash}`.includes('@') || address.hash !== '') return HIDDEN;
  // A user without a password, or with the same one, is a token.
  const isToken = !address.protocol.startsWith('postgres') && ['', address.username].includes(address.password);
  if (address.username !== '' && isToken) address.username = MASK;
  if (address.password !== '') address.password = MASK;
  for (const name of new Set(address.searchParams.keys())) {
    if (/pass|secret|token|key|auth/i.test(name)) address.searchParams.set(name, MASK);
  }
  return address.href;
}
