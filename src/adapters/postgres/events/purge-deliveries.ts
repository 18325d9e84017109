import { sql } from 'kysely';
import type { Database } from '../pool.js';

// Ids begin with a timestamp, so the primary key finds the old ones.
const idAt = (ageMs: number) =>
  sql<string>`'wd_' || lpad(to_hex((extract(epoch from now()) * 1000 - ${ageMs}::float8)::bigint), 12, '0')`;

/** Ends up to `limit` open deliveries of deleted endpoints. @returns how many */
export async function cancelOfDeleted({ kysely }: Database, limit: number): Promise<number> {
  const { numAffectedRows = 0n } = await sql`
    update webhook_deliveries set state = 'cancelled', next_attempt_at = null, updated_at = now()
    where id in (
      select d.id from webhook_deliveries d join webhook_endpoints e on e.id = d.endpoint_id
      where e.state = 'deleted' and d.state in ('pending', 'retrying') limit ${limit} for update of d skip locked)`.execute(
    kysely,
  );
  return Number(numAffectedRows);
}

/**
 * Deletes up to `limit` deliveries that ended long ago, with their attempts, and ends up to as many of deleted
 * endpoints; also deletes secrets whose time is over, and deleted endpoints without deliveries.
 * @returns how many deliveries
 */
export async function purgeDeliveries(
  database: Database,
  limit: number,
  { deliveredMs, failedMs }: { deliveredMs: number; failedMs: number },
): Promise<number> {
  const { kysely } = database;
  const cancelled = await cancelOfDeleted(database, limit);
  await sql`update webhook_endpoints set old_secret = null, old_secret_until = null where old_secret_until <= now()`.execute(
    kysely,
  );
  const { numAffectedRows = 0n } = await sql`
    with delivered as materialized (
      select id from webhook_deliveries where state = 'delivered' and id < ${idAt(deliveredMs)}
      order by id limit ${limit} for update skip locked
    ), others as materialized (
      select id from webhook_deliveries where state in ('failed', 'cancelled') and id < ${idAt(failedMs)}
      order by id limit greatest(0, ${limit} - (select count(*) from delivered)) for update skip locked
    ), old as (
      select id from delivered union all select id from others
    )
    delete from webhook_deliveries d using old where d.id = old.id`.execute(kysely);
  await sql`
    delete from webhook_endpoints e
    where state = 'deleted' and not exists (select from webhook_deliveries d where d.endpoint_id = e.id)`.execute(
    kysely,
  );
  return cancelled + Number(numAffectedRows);
}
