import { sql } from 'kysely';
import type { Scope } from '../../domain/scopes.js';
import type { StoredKey } from '../../api/access/key-verifier.js';
import { prepared, type Database } from './pool.js';
import { orUnavailable } from './or-unavailable.js';

export interface NewKey {
  id: string;
  name: string;
  hash: Buffer;
  scopes: readonly Scope[];
  expiresAt?: Date;
}

const findKey = prepared<StoredKey>(
  'find-api-key',
  `select name, hash, scopes, expires_at as "expiresAt", revoked_at as "revokedAt" from api_keys where key_id = $1`,
);

/** The hashes of the API keys, never the keys themselves. Throws `Unavailable` when the database is unavailable. */
export function createApiKeyStore(database: Database) {
  const { kysely } = database;
  return {
    async find(id: string): Promise<StoredKey | undefined> {
      const [row] = await orUnavailable(findKey(database, [id]));
      return row;
    },

    /** Records the use of a key, at most once per minute. */
    async touch(id: string): Promise<void> {
      const use = kysely
        .updateTable('api_keys')
        .set({ last_used_at: sql<Date>`now()` })
        .where('key_id', '=', id)
        .where(sql<boolean>`(last_used_at is null or last_used_at < now() - interval '1 minute')`);
      await orUnavailable(use.execute());
    },

    /** @returns false if there is already a key with this id, which stays unchanged */
    async add({ id, name, hash, scopes, expiresAt }: NewKey): Promise<boolean> {
      const added = await orUnavailable(
        kysely
          .insertInto('api_keys')
          .values({ key_id: id, name, hash, scopes: [...scopes], expires_at: expiresAt ?? null })
          .onConflict((conflict) => conflict.column('key_id').doNothing())
          .executeTakeFirst(),
      );
      return added.numInsertedOrUpdatedRows === 1n;
    },

    /** Oldest first. */
    async list() {
      return orUnavailable(
        kysely
          .selectFrom('api_keys')
          .select(['key_id as id', 'name', 'scopes', 'created_at as createdAt', 'expires_at as expiresAt'])
          .select(['revoked_at as revokedAt', 'last_used_at as lastUsedAt'])
          .orderBy('created_at')
          .orderBy('key_id')
          .execute(),
      );
    },

    /** Permanently. @returns false when there is no key with this id */
    async revoke(id: string): Promise<boolean> {
      const revoked = await orUnavailable(
        kysely
          .updateTable('api_keys')
          .set({ revoked_at: sql<Date>`coalesce(revoked_at, now())` })
          .where('key_id', '=', id)
          .executeTakeFirst(),
      );
      return revoked.numUpdatedRows === 1n;
    },
  };
}
