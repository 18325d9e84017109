import { sql, type RawBuilder } from 'kysely';
import { FAILURE_REASONS } from '../../../domain/failure.js';
import type { OrderFilter, OrderPlace } from '../../../domain/order-filter.js';
import { ORDER_STATUSES, type OrderStatus } from '../../../domain/order.js';

type Condition = RawBuilder<boolean>;
type Keys = RawBuilder<{ order_id: string }>;

/** As the generated column `lane` does. */
const laneOf = (status: OrderStatus) => (status === 'reserved' || status === 'confirmed' ? 'usual' : status);
/** Only these have a failure. */
const FAILING: readonly OrderStatus[] = ['compensating', 'failed'];

const NEWEST_FIRST = sql`order by created_at desc, order_id desc`;

/**
 * The ids of a page, newest first. Each kind of order that the filter accepts is a range of one index, already
 * sorted: at most `limit` orders of each range are read, and the newest of them are the page.
 */
export function pageOfKeys(filter: OrderFilter, limit: number, after?: OrderPlace): Keys {
  const bounds = boundsOf(filter, after);
  const ranges =
    filter.failureReasons === undefined ? byStatus(filter, bounds, limit) : byReason(filter, bounds, limit);
  if (ranges.length === 0) return sql`(select null::text as order_id where false)`;
  return sql`(select order_id from (${sql.join(ranges, sql` union all `)}) as ranges ${NEWEST_FIRST} limit ${limit})`;
}

function byStatus({ statuses = ORDER_STATUSES }: OrderFilter, bounds: Condition[], limit: number): Keys[] {
  const wants = (status: OrderStatus) => statuses.includes(status);
  const whole = [...new Set(statuses.map(laneOf))].filter((lane) => {
    return lane !== 'usual' || (wants('reserved') && wants('confirmed'));
  });
  const ranges = whole.length === 0 ? [] : [ofEach(whole, sql`lane = each.value`, bounds, limit)];
  // Few orders in the usual lane are unconfirmed, and they are among the newest: skipping them is cheap...
  if (wants('confirmed') && !wants('reserved')) {
    ranges.push(range([sql`lane = 'usual'`, sql`status = 'confirmed'`, ...bounds], limit));
  }
  // ...but not the other way round.
  if (wants('reserved') && !wants('confirmed')) ranges.push(holdingStock(bounds, limit));
  return ranges;
}

function byReason(
  { statuses = FAILING, failureReasons = FAILURE_REASONS }: OrderFilter,
  bounds: Condition[],
  limit: number,
) {
  const failing = FAILING.filter((status) => statuses.includes(status));
  if (failing.length === 0) return [];
  if (failing.includes('failed')) {
    // By status, not by lane: skipping the few that are being undone is cheap, and the planner uses only one index.
    const conditions = [...(failing.includes('compensating') ? [] : [sql<boolean>`status = 'failed'`]), ...bounds];
    // Each reason separately, since some are a thousand times as common as others and the planner knows which.
    return failureReasons.map((reason) => {
      return range([sql`failure_reason = ${reason}`, ...conditions], limit);
    });
  }
  const beingUndone = sql<boolean>`lane = 'compensating' and failure_reason = any(${[...failureReasons]}::text[])`;
  return [range([beingUndone, ...bounds], limit)];
}

function boundsOf(
  { customerId, createdAfter, createdBefore }: OrderFilter,
  after: OrderPlace | undefined,
): Condition[] {
  return [
    ...(customerId === undefined ? [] : [sql<boolean>`customer_id = ${customerId}`]),
    ...(createdAfter === undefined ? [] : [sql<boolean>`created_at >= ${createdAfter}::timestamptz`]),
    // The position is already before it; with both, the scan would begin here and skip all earlier pages.
    ...(createdBefore === undefined || after !== undefined
      ? []
      : [sql<boolean>`created_at < ${createdBefore}::timestamptz`]),
    ...(after === undefined
      ? []
      : [sql<boolean>`(created_at, order_id) < (${after.createdAt}::timestamptz, ${after.orderId})`]),
  ];
}

/** The newest orders that meet all conditions. */
function range(conditions: Condition[], limit: number): Keys {
  return sql`(select order_id, created_at from orders where ${sql.join(conditions, sql` and `)} ${NEWEST_FIRST} limit ${limit})`;
}

/** The newest orders for each of the values; `matches` refers to `each.value`. */
function ofEach(values: string[], matches: Condition, conditions: Condition[], limit: number): Keys {
  return sql`(select found.* from unnest(${values}::text[]) as each (value)
    cross join lateral ${range([matches, ...conditions], limit)} as found)`;
}

/** The newest reserved orders, from those that hold stock: only orders in progress are read, not all orders. */
function holdingStock(bounds: Condition[], limit: number): Keys {
  const conditions = [sql<boolean>`status = 'reserved'`, ...bounds];
  // `offset 0` prevents the planner from scanning the orders and checking the stock of each.
  return sql`(select order_id, created_at
    from (select distinct order_id as holder from reservations where state = 'active' offset 0) as holders
    cross join lateral (select * from orders where order_id = holder offset 0) as held
    where ${sql.join(conditions, sql` and `)} ${NEWEST_FIRST} limit ${limit})`;
}
