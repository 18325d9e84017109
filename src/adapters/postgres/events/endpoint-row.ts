import { sql, type Kysely } from 'kysely';
import type { Tables } from '../tables.js';

/** The current signing secrets of an endpoint, the new one first. */
export const signingSecrets = sql<string[]>`
  array_remove(array[secret, case when old_secret_until > now() then old_secret end], null)`;

/** An endpoint that answers 410 wants no more events. */
export async function disableGone(kysely: Kysely<Tables>, ids: readonly string[]): Promise<void> {
  await kysely
    .updateTable('webhook_endpoints')
    .set({ state: 'disabled', disabled_reason: 'it answered 410 Gone', updated_at: sql<Date>`now()` })
    .where('id', 'in', ids)
    .where('state', '=', 'enabled')
    .execute();
}
