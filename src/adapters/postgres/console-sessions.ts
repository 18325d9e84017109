import { sql } from 'kysely';
import type { SessionKey, SessionStore } from '../../console/ports.js';
import { orUnavailable } from './or-unavailable.js';
import { prepared, type Database } from './pool.js';

// A session is as good as its key: it ends with it.
const find = prepared<SessionKey>(
  'find-console-session',
  `select k.key_id as "keyId", k.name as "keyName", k.scopes
   from console_sessions s join api_keys k using (key_id)
   where s.token_hash = $1 and s.expires_at > now() and k.revoked_at is null
     and (k.expires_at is null or k.expires_at > now())`,
);

/** The console's sessions: hashes of their tokens, never the tokens. */
export function createSessionStore(database: Database): SessionStore {
  const { kysely } = database;
  return {
    async open(tokenHash, keyId, expiresAt) {
      await orUnavailable(
        kysely
          .with('over', (db) => db.deleteFrom('console_sessions').where('expires_at', '<', sql<Date>`now()`))
          .insertInto('console_sessions')
          .values({ token_hash: tokenHash, key_id: keyId, expires_at: expiresAt })
          .execute(),
      );
    },
    async find(tokenHash) {
      const [key] = await orUnavailable(find(database, [tokenHash]));
      return key;
    },
    async close(tokenHash) {
      await orUnavailable(kysely.deleteFrom('console_sessions').where('token_hash', '=', tokenHash).execute());
    },
  };
}
