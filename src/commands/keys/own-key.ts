import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createApiKeyStore } from '../../adapters/postgres/api-keys.js';
import type { Database } from '../../adapters/postgres/pool.js';
import { hashOf, mintApiKey, parseApiKey, type ApiKey } from '../../api/access/api-key.js';
import { SCOPES } from '../../domain/scopes.js';

export interface OwnKey {
  file: string;
  /** Whether the key was created now. */
  made: boolean;
  /** Why the key in the file does not work. */
  fault?: string;
}

/** The key that `holdfast up` keeps in its home: created at the first start, with all scopes. */
export async function ensureOwnKey(home: string, database: Database): Promise<OwnKey> {
  const file = join(home, 'api-key');
  const text = await readFile(file, 'utf8').catch(orMissing);
  const kept = text === undefined ? mintApiKey() : parseApiKey(text.trim());
  if (kept === undefined)
    return { file, made: false, fault: 'the file holds no API key; remove it, and the next start creates one' };
  if (text === undefined) await writeFile(file, `${kept.text}\n`, { mode: 0o600, flag: 'wx' });

  const store = createApiKeyStore(database);
  // The key of this home is added even to a database other than that of the last start.
  await store.add({ id: kept.id, name: 'holdfast up', hash: hashOf(kept), scopes: SCOPES });
  const fault = faultOf(await store.find(kept.id), kept);
  return { file, made: text === undefined, ...(fault === undefined ? {} : { fault }) };
}

type Stored = Awaited<ReturnType<ReturnType<typeof createApiKeyStore>['find']>>;

function faultOf(stored: Stored, key: ApiKey): string | undefined {
  if (stored === undefined || !hashOf(key).equals(stored.hash)) return 'the database has another key under its id';
  return stored.revokedAt === null
    ? undefined
    : 'it was revoked; remove the file, and the next start creates a new one';
}

function orMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT') throw error;
}
