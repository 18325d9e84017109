// The invariants of the database as queries for violations. Nothing here writes an order.

import { LIST_CHECKS } from './audit-list-checks.js';
import { MONEY_CHECKS } from './audit-money-checks.js';
import { PROGRESS_CHECKS } from './audit-progress-checks.js';
import { STOCK_CHECKS } from './audit-stock-checks.js';
import { TRAIL_CHECKS } from './audit-trail-checks.js';
import type { SqlCheck } from './sql-check.js';

/** The invariants that the audit checks. */
export const SQL_CHECKS: readonly SqlCheck[] = [
  ...MONEY_CHECKS,
  ...STOCK_CHECKS,
  ...TRAIL_CHECKS,
  ...PROGRESS_CHECKS,
  ...LIST_CHECKS,
];

// $1 to $4 are milliseconds. `refused_minor` waits for a person, with the dead letter of a failed refund.
const PRELUDE = `
  ago as (
    select now() - $1::float8 * interval '1 ms' as margin, now() - $2::float8 * interval '1 ms' as checkout,
           now() - $3::float8 * interval '1 ms' as undo, now() - $4::float8 * interval '1 ms' as redrive
  ), captures as (
    select a.order_id, a.attempt, a.captured_minor, a.captured_currency, a.updated_at,
           coalesce(r.refunded_minor, 0) as refunded_minor, coalesce(r.refused_minor, 0) as refused_minor
    from payment_attempts a
    left join (
      select r.order_id, r.attempt, sum(r.amount_minor) filter (where r.state = 'succeeded') as refunded_minor,
             sum(r.amount_minor) filter (where r.state = 'failed' and d.id is not null) as refused_minor
      from refunds r
      left join dead_letters d on d.order_id = r.order_id and d.kind = 'refund' and d.subject = r.refund_id
        and d.state in ('open', 'redriving')
      group by 1, 2
    ) r using (order_id, attempt)
    where a.state = 'captured'
  )`;

/** The whole statement of a check. Its parameters: margin, checkout, undo and redrive in ms, and most rows. */
export function statementOf({ sql, isTended = false }: SqlCheck): string {
  // Findings that depend on a workflow are sampled, and never displace definite ones.
  const [unlessRunning, order] = isTended
    ? ['unless_running', 'unless_running, case when unless_running then random() end, order_id, about']
    : ['false', 'order_id, about'];
  return `with ${PRELUDE}, broken as (${sql})
    select order_id as "orderId", about, detail, ${unlessRunning} as "unlessRunning" from broken
    order by ${order} limit $5`;
}
