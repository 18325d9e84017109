import { CompiledQuery, sql } from 'kysely';
import type { AuditStore, Finding } from '../../../activities/audit/audit-ports.js';
import { isSettled, ORDER_STATUSES } from '../../../domain/order.js';
import { SQL_CHECKS, statementOf } from './sql-checks.js';
import { createOrderCountStore } from '../orders/order-counts.js';
import type { Database } from '../pool.js';

// A sum over all movements may take longer than a step of an order may.
const STATEMENT_TIMEOUT_MS = 45_000;
const DISCARDED_FOR = '24 hours';
const MOST_LETTERS = 10_000;

const UNSETTLED = ORDER_STATUSES.filter((status) => !isSettled(status));

/** What the audit reads from the database. It writes only the ends of its own dead letters, and counts. */
export function createAuditStore(database: Database): AuditStore {
  const { kysely } = database;
  const byName = new Map(SQL_CHECKS.map((check) => [check.name, check]));

  return {
    checks: SQL_CHECKS.map(({ sql: _sql, ...check }) => check),
    recount: createOrderCountStore(database).recount,

    async inspect(name, { marginMs, checkoutMs, undoMs, redriveMs, findings: most }) {
      const check = byName.get(name);
      if (check === undefined) throw new Error(`there is no check ${name}`);
      const findings = await kysely
        .transaction()
        .setAccessMode('read only')
        .execute(async (tx) => {
          await sql`select set_config('statement_timeout', ${String(STATEMENT_TIMEOUT_MS)}, true)`.execute(tx);
          const values = [marginMs, checkoutMs, undoMs, redriveMs, most];
          return (await tx.executeQuery<Finding>(CompiledQuery.raw(statementOf(check), values))).rows;
        });
      return { findings, inspected: findings.length < most ? 'everything' : [] };
    },

    async letters() {
      const rows = await kysely
        .selectFrom('dead_letters')
        .select(['id', 'error_class as check', 'order_id as orderId', 'subject', 'state'])
        .where('step', '=', 'audit')
        .where(
          sql<boolean>`(state in ('open', 'redriving')
            or state = 'discarded' and updated_at > now() - ${DISCARDED_FOR}::interval)`,
        )
        .orderBy('created_at')
        .limit(MOST_LETTERS)
        .execute();
      return rows.map(({ subject, state, ...letter }) => {
        return { ...letter, about: subject.slice(letter.check.length + 1), isDiscarded: state === 'discarded' };
      });
    },

    async resolve(letterIds) {
      await kysely
        .updateTable('dead_letters')
        .set({ state: 'resolved', resolution: 'the audit finds it no more', updated_at: sql<Date>`now()` })
        .where('id', 'in', [...letterIds])
        .where('step', '=', 'audit')
        .where('state', 'in', ['open', 'redriving'])
        .execute();
    },

    async unsettledOrders(quietMs, limit) {
      const rows = await kysely
        .selectFrom('orders')
        .select('order_id')
        .where('status', 'in', UNSETTLED)
        .where('updated_at', '<', sql<Date>`now() - ${quietMs}::float8 * interval '1 ms'`)
        .orderBy(sql`random()`)
        .limit(limit)
        .execute();
      return rows.map(({ order_id }) => order_id);
    },

    async withoutAnswer(orderIds) {
      const { rows } = await sql<{ order_id: string }>`
        select asked.order_id from unnest(${[...orderIds]}::text[]) with ordinality as asked (order_id, place)
        left join orders o using (order_id)
        where o.status is null or o.status = any(${UNSETTLED}::text[])
        order by place`.execute(kysely);
      return rows.map(({ order_id }) => order_id);
    },

    async withoutRow(orderIds) {
      const { rows } = await sql<{ order_id: string }>`
        select asked.order_id from unnest(${[...orderIds]}::text[]) as asked (order_id)
        where not exists (select from orders o where o.order_id = asked.order_id)
        order by asked.order_id`.execute(kysely);
      return rows.map(({ order_id }) => order_id);
    },
  };
}
