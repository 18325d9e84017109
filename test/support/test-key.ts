import type { Database } from '../../src/adapters/postgres/pool.js';
import { createApiKeyStore } from '../../src/adapters/postgres/api-keys.js';
import { formatApiKey, hashOf } from '../../src/api/access/api-key.js';
import { SCOPES } from '../../src/domain/scopes.js';

/** A key with all scopes that every stack knows, and that opens nothing else. */
export const TEST_KEY = formatApiKey('testtestte', 'x'.repeat(32));

export async function addTestKey(database: Database): Promise<void> {
  const { id } = TEST_KEY;
  await createApiKeyStore(database).add({ id, name: 'tests', hash: hashOf(TEST_KEY), scopes: SCOPES });
}
