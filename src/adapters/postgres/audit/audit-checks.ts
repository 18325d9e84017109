import type { BookCheck } from '../../../activities/audit-ports.js';
import { LIST_CHECKS } from './audit-list-checks.js';
import { MONEY_CHECKS } from './audit-money-checks.js';
import { PROGRESS_CHECKS } from './audit-progress-checks.js';
import { STOCK_CHECKS } from './audit-stock-checks.js';
import { TRAIL_CHECKS } from './audit-trail-checks.js';

/** An invariant as a query for what breaks it: rows of `order_id`, `about` and `detail`. One statement, one snapshot. */
export interface SqlCheck extends BookCheck {
  /** May read the relations of {@link PRELUDE}. */
  sql: string;
}

/** The invariants of the books. */
export const SQL_CHECKS: readonly SqlCheck[] = [
  ...MONEY_CHECKS,
  ...STOCK_CHECKS,
  ...TRAIL_CHECKS,
  ...PROGRESS_CHECKS,
  ...LIST_CHECKS,
];

// $1 to $4 are milliseconds. `watched`: somebody is told of these orders already, by a letter that is not the audit's own.
const PRELUDE = `
  ago as (
    select now() - $1::float8 * interval '1 ms' as margin, now() - $2::float8 * interval '1 ms' as checkout,
           now() - $3::float8 * interval '1 ms' as undo, now() - $4::float8 * interval '1 ms' as redrive
  ), watched as (
    select order_id from dead_letters where state in ('open', 'redriving') and step <> 'audit'
  ), captures as (
    select a.order_id, a.attempt, a.captured_minor, a.captured_currency, a.updated_at,
           coalesce(r.refunded_minor, 0) as refunded_minor
    from payment_attempts a
    left join (
      select order_id, attempt, sum(amount_minor) as refunded_minor from refunds where state = 'succeeded' group by 1, 2
    ) r using (order_id, attempt)
    where a.state = 'captured'
  )`;

/** The whole statement of a check. Its parameters: margin, checkout, undo and redrive in ms, and most rows. */
export function statementOf({ sql }: SqlCheck): string {
  return `with ${PRELUDE}, broken as (${sql})
    select order_id as "orderId", about, detail from broken order by order_id, about limit $5`;
}
