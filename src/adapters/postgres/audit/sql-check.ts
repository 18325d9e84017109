import type { BookCheck } from '../../../activities/audit/audit-ports.js';

/**
 * An invariant as a query for violations: rows of `order_id`, `about` and `detail`, and `unless_running` for a check
 * that is `isTended`. One statement, one snapshot.
 */
export interface SqlCheck extends BookCheck {
  /** May read the relations of `audit-checks.ts`'s prelude. */
  sql: string;
}
