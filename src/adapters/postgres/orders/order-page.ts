import { sql, type RawBuilder } from 'kysely';
import { FAILURE_REASONS } from '../../../domain/failure.js';
import type { OrderFilter, OrderPlace } from '../../../domain/order-filter.js';
import { ORDER_STATUSES, type OrderStatus } from '../../../domain/order.js';

type Condition = RawBuilder<boolean>;
type Keys = RawBuilder<{ order_id: string }>;

/** As the column `lane` is generated. */
const laneOf = (status: OrderStatus) => (status === 'reserved' || status === 'confirmed' ? 'usual' : status);
/** Only these have a failure. */
const FAILING: readonly OrderStatus[] = ['compensating', 'failed'];

const NEWEST_FIRST = sql`order by created_at desc, order_id desc`;

/**
 * The ids of a page, newest first. Each kind of order that the filter lets through is a range of one index, already in
 * order: at most `limit` of each range are read, and the newest of those are the page.
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
  // Few of the usual lane are not confirmed yet, and they are among the newest: passing over them is cheap...
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
    // On the status, not the lane: the few that are being undone are passed over, and no second index is tempting.
    const conditions = [...(failing.includes('compensating') ? [] : [sql<boolean>`status = 'failed'`]), ...bounds];
    // Each reason by name, since some are a thousand times as common as others and the planner knows which.
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
    // A place is before it already, and given both the scan would begin here and pass over all earlier pages.
    ...(createdBefore === undefined || after !== undefined
      ? []
      : [sql<boolean>`created_at < ${createdBefore}::timestamptz`]),
    ...(after === undefined
      ? []
      : [sql<boolean>`(created_at, order_id) < (${after.createdAt}::timestamptz, ${after.orderId})`]),
  ];
}

/** The newest that meet all conditions. */
function range(conditions: Condition[], limit: number): Keys {
  return sql`(select order_id, created_at from orders where ${sql.join(conditions, sql` and `)} ${NEWEST_FIRST} limit ${limit})`;
}

/** The newest of each of the values, for which `matches` names `each.value`. */
function ofEach(values: string[], matches: Condition, conditions: Condition[], limit: number): Keys {
  return sql`(select found.* from unnest(${values}::text[]) as each (value)
    cross join lateral ${range([matches, ...conditions], limit)} as found)`;
}

/** The newest that are reserved, among those that hold stock: as many as are under way, however many there are in all. */
function holdingStock(bounds: Condition[], limit: number): Keys {
  const conditions = [sql<boolean>`status = 'reserved'`, ...bounds];
  // `offset 0` keeps the planner from walking the orders and asking each for its stock.
  return sql`(select order_id, created_at
    from (select distinct order_id as holder from reservations where state = 'active' offset 0) as holders
    cross join lateral (select * from orders where order_id = holder offset 0) as held
    where ${sql.join(conditions, sql` and `)} ${NEWEST_FIRST} limit ${limit})`;
}
