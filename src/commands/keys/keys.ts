import { createApiKeyStore } from '../../adapters/postgres/api-keys.js';
import type { Database } from '../../adapters/postgres/pool.js';
import { hashOf, mintApiKey } from '../../api/access/api-key.js';
import { isScope, SCOPES, type Scope } from '../../domain/scopes.js';
import { table } from '../table.js';

const DAY_MS = 86_400_000;
const LONGEST_NAME = 100;

export interface KeyRequest {
  name: string;
  scopes: Scope[];
  expiresAt?: Date;
}

/** Creates a key. @returns its text, which is stored nowhere */
export async function createKey(database: Database, { name, scopes, expiresAt }: KeyRequest): Promise<string> {
  const key = mintApiKey();
  const expires = expiresAt === undefined ? {} : { expiresAt };
  const added = await createApiKeyStore(database).add({ id: key.id, name, hash: hashOf(key), scopes, ...expires });
  if (!added) throw new Error(`a key with the id ${key.id} already exists; try again`);
  return key.text;
}

/** The keys as a table. */
export async function listKeys(database: Database, now = new Date()): Promise<string> {
  const keys = await createApiKeyStore(database).list();
  if (keys.length === 0) return 'There are no keys. Create one with: holdfast keys create --name NAME --scopes orders';
  const rows = keys.map((key) => [
    key.id,
    key.name,
    key.scopes.join(','),
    stateOf(key, now),
    day(key.createdAt),
    day(key.expiresAt),
    key.lastUsedAt === null ? 'never' : key.lastUsedAt.toISOString().slice(0, 16).concat('Z'),
  ]);
  return table([['ID', 'NAME', 'SCOPES', 'STATE', 'CREATED', 'EXPIRES', 'LAST USED'], ...rows]);
}

/** @throws Error when there is no such key */
export async function revokeKey(database: Database, id: string): Promise<void> {
  if (await createApiKeyStore(database).revoke(id)) return;
  throw new Error(`there is no key with the id "${id}"; "holdfast keys list" shows the ids`);
}

/** @throws Error that lists the valid scopes */
export function parseScopes(text: string): Scope[] {
  const given = [...new Set(text.split(',').map((one) => one.trim()))];
  const scopes = given.filter(isScope);
  if (scopes.length !== given.length) throw new Error(`Use one or more of ${SCOPES.join(', ')}, with commas.`);
  return scopes;
}

/**
 * A time in RFC 3339, or days from now such as 90d.
 * @throws Error if it is neither, or in the past
 */
export function parseExpiry(text: string, now = new Date()): Date {
  const days = /^([1-9]\d{0,4})d$/.exec(text)?.[1];
  const isTime =
    /^\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:\d{2}))?$/.test(text) &&
    isDay(text.slice(0, 10));
  const time =
    days === undefined ? new Date(isTime ? text : Number.NaN) : new Date(now.getTime() + Number(days) * DAY_MS);
  if (Number.isNaN(time.getTime())) throw new Error('Use days such as 90d, or a time such as 2030-01-31T00:00:00Z.');
  if (time <= now) throw new Error(`${text} is past.`);
  return time;
}

/** JavaScript reads February 31 as March 3. */
function isDay(day: string): boolean {
  const date = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(day);
}

/** @throws Error when it is empty or too long */
export function parseName(text: string): string {
  const name = text.trim();
  if (name.length === 0 || name.length > LONGEST_NAME || /\p{Cc}/u.test(name)) {
    throw new Error(`Use 1 to ${LONGEST_NAME} characters, no control characters.`);
  }
  return name;
}

function stateOf({ revokedAt, expiresAt }: { revokedAt: Date | null; expiresAt: Date | null }, now: Date): string {
  if (revokedAt !== null) return 'revoked';
  return expiresAt !== null && expiresAt <= now ? 'expired' : 'good';
}

function day(date: Date | null): string {
  return date === null ? '-' : date.toISOString().slice(0, 10);
}
