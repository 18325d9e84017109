import { timingSafeEqual } from 'node:crypto';
import { LRUCache } from 'lru-cache';
import pTimeout from 'p-timeout';
import { allows, type Scope } from '../../domain/scopes.js';
import { Unavailable } from '../../domain/unavailable.js';
import type { ApiLog } from '../requests/api-log.js';
import { hashOf, parseApiKey } from './api-key.js';

export interface StoredKey {
  name: string;
  hash: Uint8Array;
  scopes: readonly Scope[];
  expiresAt: Date | null;
  revokedAt: Date | null;
}

/** The store of keys. Throws `Unavailable` when it is unavailable. */
export interface KeyStore {
  find(id: string): Promise<StoredKey | undefined>;
  /** Records that a key was used now. */
  touch(id: string): Promise<void>;
}

export type Refusal = 'malformed' | 'unknown' | 'expired' | 'revoked';

export type Verified =
  | { ok: true; id: string; name: string; may: (scope: Scope) => boolean }
  | { ok: false; why: Refusal; id?: string };

export interface KeyVerifierOptions {
  store: KeyStore;
  log: ApiLog;
  /** How long a key is cached, and so how long a revoked key may continue to work. */
  cacheMs: number;
  clock?: () => number;
}

export interface KeyVerifier {
  /** @throws Unavailable if the key is not cached and the store is unavailable */
  verify(text: string): Promise<Verified>;
}

interface Entry {
  key: StoredKey | undefined;
  readAt: number;
  /** An unavailable store is not asked again before this time; one number needs no breaker. */
  askAfter: number;
  reading?: Promise<Entry> | undefined;
}

const MOST_KEYS = 1_000;
const TOUCH_EVERY_MS = 60_000;
// How long a key that was valid continues to work while the store is unavailable.
const STALE_MS = 300_000;
const PATIENCE_MS = 500;
const ASK_AGAIN_MS = 1_000;

/**
 * Verifies keys, mostly from memory: a key in use is refreshed in the background before its entry is too old, so that
 * its requests do not wait for the store.
 */
export function createKeyVerifier({ store, log, cacheMs, clock = Date.now }: KeyVerifierOptions): KeyVerifier {
  const known = new LRUCache<string, Entry>({ max: MOST_KEYS });
  // Kept separately: guessed ids must not evict valid keys.
  const unknown = new LRUCache<string, Entry>({ max: MOST_KEYS });
  const touched = new LRUCache<string, number>({ max: MOST_KEYS });
  const firstReads = new Map<string, Promise<Entry>>();

  return {
    async verify(text) {
      const given = parseApiKey(text);
      if (given === undefined) return { ok: false, why: 'malformed' };
      const { id } = given;
      const entry = await entryOf(id);
      const { key } = entry;
      if (key === undefined || !timingSafeEqual(key.hash, hashOf(given))) return { ok: false, why: 'unknown', id };
      const now = clock();
      if (key.revokedAt !== null) return { ok: false, why: 'revoked', id };
      if (key.expiresAt !== null && key.expiresAt.getTime() <= now) return { ok: false, why: 'expired', id };
      touch(id, now);
      return { ok: true, id, name: key.name, may: (scope) => allows(key.scopes, scope) };
    },
  };

  async function entryOf(id: string): Promise<Entry> {
    const entry = known.get(id) ?? unknown.get(id);
    if (entry === undefined) return firstRead(id);
    const age = clock() - entry.readAt;
    if (age < cacheMs) {
      if (age > cacheMs / 2 && entry.key !== undefined) void readAgain(id, entry).catch(() => {});
      return entry;
    }
    // Only valid keys may outlive their entry, and only while the store cannot be asked.
    if (entry.key === undefined || age > STALE_MS) return firstRead(id);
    return clock() < entry.askAfter ? entry : readAgain(id, entry).catch(() => entry);
  }

  function firstRead(id: string): Promise<Entry> {
    const running = firstReads.get(id);
    if (running !== undefined) return running;
    const reading = read(id).finally(() => firstReads.delete(id));
    firstReads.set(id, reading);
    return reading;
  }

  function readAgain(id: string, entry: Entry): Promise<Entry> {
    if (entry.reading === undefined && clock() < entry.askAfter) return Promise.resolve(entry);
    entry.reading ??= pTimeout(read(id), { milliseconds: PATIENCE_MS, fallback: tooLate })
      .catch((err: unknown) => {
        entry.askAfter = clock() + ASK_AGAIN_MS;
        log.warn({ key_id: id, err }, 'an API key could not be read again; what is known of it counts for now');
        throw err;
      })
      .finally(() => (entry.reading = undefined));
    return entry.reading;
  }

  async function read(id: string): Promise<Entry> {
    const readAt = clock();
    const key = await store.find(id);
    const entry: Entry = { key, readAt, askAfter: 0 };
    (key === undefined ? known : unknown).delete(id);
    (key === undefined ? unknown : known).set(id, entry);
    return entry;
  }

  function touch(id: string, now: number): void {
    if (now - (touched.get(id) ?? 0) < TOUCH_EVERY_MS) return;
    touched.set(id, now);
    store.touch(id).catch((err: unknown) => log.warn({ key_id: id, err }, 'the use of an API key was not noted'));
  }
}

const tooLate = (): never => {
  throw new Unavailable('database', new Error(`no answer within ${PATIENCE_MS} ms`));
};
