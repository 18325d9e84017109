import { sql, type RawBuilder } from 'kysely';
import type {
  BookedCharge,
  BookedRefund,
  LookBack,
  LookBackPage,
  LookBackStore,
} from '../../../activities/audit/look-back-ports.js';
import type { Database } from '../pool.js';
import { utcExact } from '../utc.js';

/**
 * Charges and refunds settled within the last day, a part for each audit: each continues where the last one stopped.
 */
export function createLookBackStore({ kysely }: Database): LookBackStore {
  /**
   * `settled` are rows of `key`, `settled_at` and other columns, of any age. A part is one audit's share of the day.
   */
  async function part<T extends { key: string; settledAt: string }>(
    settled: RawBuilder<unknown>,
    columns: RawBuilder<unknown>,
    { check, windowMs, audits, least, most, keys }: LookBackPage,
  ): Promise<LookBack<T>> {
    const { rows } = await sql<T & { place: 'named' | 'next' | null; left: number; missed: number }>`
      with since as (select now() - ${windowMs}::float8 * interval '1 ms' as at),
      cursor as (select settled_at, key from audit_cursors where check_name = ${check}),
      settled as materialized (
        select s.* from (${settled}) as s, since
        where s.settled_at > least(since.at, (select settled_at from cursor)) or s.key = any(${[...keys]}::text[])
      ),
      day as (select settled.* from settled, since where settled_at > since.at),
      missed as (
        select count(*)::int as missed from settled, cursor, since
        where (settled.settled_at, settled.key) > (cursor.settled_at, cursor.key) and settled.settled_at <= since.at
      ),
      ahead as (
        select day.*, count(*) over ()::int as left from day left join cursor on true
        where cursor.key is null or (day.settled_at, day.key) > (cursor.settled_at, cursor.key)
        order by day.settled_at, day.key
        limit (select least(${most}, greatest(${least}, ceil(count(*) / ${audits}::float8)))::bigint from day)
      ),
      part as (
        select 'next' as place, ahead.* from ahead
        union all
        select 'named', settled.*, 0 from settled where key = any(${[...keys]}::text[])
      )
      select place, "left", missed, ${utcExact('settled_at')} as "settledAt", key, ${columns}
      from missed left join part on true order by settled_at, key`.execute(kysely);
    const named = rows.filter(({ place }) => place === 'named');
    const next = rows.filter(({ place, key }) => place === 'next' && !named.some((other) => other.key === key));
    const walked = rows.filter(({ place }) => place === 'next');
    return {
      named,
      next,
      isLast: walked.length === (walked[0]?.left ?? 0),
      missed: rows[0]?.missed ?? 0,
    };
  }

  return {
    async charges(isCaptured, page) {
      const states = isCaptured ? ['captured'] : ['declined', 'not_charged'];
      return part<BookedCharge & { settledAt: string }>(
        sql`select idempotency_key as key, updated_at as settled_at, order_id, attempt, owner, gateway, charge_id,
                   coalesce(captured_minor, amount_minor) as amount_minor,
                   coalesce(captured_currency, currency) as currency
            from payment_attempts
            where state = any(${states}::text[]) and (state = 'captured' or tries > 0)`,
        sql`order_id as "orderId", attempt, owner, amount_minor as "amountMinor", currency,
            json_build_object('gateway', gateway, 'chargeId', charge_id) as at`,
        page,
      );
    },

    // A refund that an operator confirmed another way does not exist at the gateway.
    refunds: (page) =>
      part<BookedRefund & { settledAt: string }>(
        sql`select r.idempotency_key as key, r.updated_at as settled_at, r.order_id, r.refund_id, r.state, a.gateway, a.charge_id
            from refunds r join payment_attempts a using (order_id, attempt)
            where r.state in ('succeeded', 'failed') and not exists (
              select from dead_letters d
              where d.order_id = r.order_id and d.kind = 'refund' and d.subject = r.refund_id
                and d.resolution like 'evidence:%' and d.updated_at >= r.updated_at)`,
        sql`order_id as "orderId", refund_id as "refundId", state,
            json_build_object('gateway', gateway, 'chargeId', charge_id) as at`,
        page,
      ),

    async lookedBack(check, last) {
      if (last === undefined) {
        await kysely.deleteFrom('audit_cursors').where('check_name', '=', check).execute();
        return;
      }
      const place = { settled_at: sql<Date>`${last.settledAt}::timestamptz`, key: last.key };
      await kysely
        .insertInto('audit_cursors')
        .values({ check_name: check, ...place })
        .onConflict((conflict) => conflict.column('check_name').doUpdateSet(place))
        .execute();
    },
  };
}
