import { sql } from 'kysely';
import type { Database } from '../pool.js';

const BATCH = 20_000;
// Any number that is not used for another lock.
const LOCK = 7_204_001;
const RECOUNT_TIMEOUT_MS = 45_000;

/** Keeps the table of count changes small enough to read quickly. */
export function createOrderCountStore({ kysely }: Pick<Database, 'kysely'>) {
  return {
    /**
     * Adds a batch of changes to the counts, unless another process is doing so.
     * @returns whether there may be more changes
     */
    async fold(): Promise<boolean> {
      return kysely.transaction().execute(async (tx) => {
        const lock = await sql<{ ours: boolean }>`select pg_try_advisory_xact_lock(${LOCK}) as ours`.execute(tx);
        if (lock.rows[0]?.ours !== true) return false;
        const { rows } = await sql<{ taken: number }>`
          with taken as (
            delete from order_count_changes
            where ctid = any(array(select ctid from order_count_changes limit ${BATCH}))
            returning *
          ), sums as (
            select to_status as status, 1 as orders, settled, settling_us from taken where to_status is not null
            union all
            select from_status, -1, case when to_status is null then settled else 0 end,
                   case when to_status is null then settling_us else 0 end
            from taken where from_status is not null
          ), added as (
            insert into order_counts as c
            select status, sum(orders), sum(settled), sum(settling_us) from sums group by status
            on conflict (status) do update set orders = c.orders + excluded.orders,
              settled = c.settled + excluded.settled, settling_us = c.settling_us + excluded.settling_us
          )
          select count(*) as taken from taken`.execute(tx);
        return (rows[0]?.taken ?? 0) >= BATCH;
      });
    },

    /** Recounts all orders. Orders may change meanwhile: changes that the count has not seen are added later. */
    async recount(): Promise<void> {
      await kysely.transaction().execute(async (tx) => {
        await sql`select set_config('statement_timeout', ${String(RECOUNT_TIMEOUT_MS)}, true),
                         pg_advisory_xact_lock(${LOCK})`.execute(tx);
        // One statement has one snapshot: it deletes exactly the changes that the count has seen.
        await sql`
          with gone as (
            delete from order_count_changes
          ), counted as (
            select status, count(*) as orders, count(settled_at) as settled,
                   sum(settling_us(created_at, settled_at)) as settling_us
            from orders group by status
          ), emptied as (
            delete from order_counts where status not in (select status from counted)
          )
          insert into order_counts select status, orders, settled, settling_us from counted
          on conflict (status) do update set orders = excluded.orders, settled = excluded.settled,
            settling_us = excluded.settling_us`.execute(tx);
      });
    },
  };
}

export type OrderCountStore = ReturnType<typeof createOrderCountStore>;
