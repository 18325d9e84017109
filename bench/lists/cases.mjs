import { sql } from 'kysely';

const DAY_MS = 86_400_000;
const daysAgo = (days) => new Date(Date.now() - days * DAY_MS).toISOString();

/** Every filter by itself, then together, rare ones with rare ones. */
export function casesOf(orders) {
  // One order every 30 s: the middle third, whatever the size.
  const span = (orders * 30_000) / DAY_MS;
  const range = { createdAfter: daysAgo((span * 2) / 3), createdBefore: daysAgo(span / 3) };
  const customer = { customerId: 'customer-large' };
  const cases = {
    'no filter': {},
    'status=confirmed': { statuses: ['confirmed'] },
    'status=completed': { statuses: ['completed'] },
    'status=failed': { statuses: ['failed'] },
    'status=reserved': { statuses: ['reserved'] },
    'status=in_review': { statuses: ['in_review'] },
    'status=failed,cancelled,in_review': { statuses: ['failed', 'cancelled', 'in_review'] },
    'customer, 10 % of all': customer,
    'customer with 5 orders': { customerId: 'customer-77' },
    'created range': range,
    'reason=payment_declined': { failureReasons: ['payment_declined'] },
    'reason=expired': { failureReasons: ['expired'] },
    'status=failed, range': { statuses: ['failed'], ...range },
    'status=reserved, range': { statuses: ['reserved'], ...range },
    'customer, status=cancelled': { ...customer, statuses: ['cancelled'] },
    'customer, reason=fraud_rejected': { ...customer, failureReasons: ['fraud_rejected'] },
    'customer, range': { ...customer, ...range },
    'customer, status=failed, reason=out_of_stock, range': {
      ...customer,
      statuses: ['failed'],
      failureReasons: ['out_of_stock'],
      ...range,
    },
  };
  return Object.entries(cases).map(([name, filter]) => ({ name, filter }));
}

/** The filter as anyone would write it first. */
export function plainWhere({ statuses, customerId, createdAfter, createdBefore, failureReasons }) {
  const conditions = [
    sql`true`,
    ...(statuses === undefined ? [] : [sql`status = any(${statuses}::text[])`]),
    ...(customerId === undefined ? [] : [sql`customer_id = ${customerId}`]),
    ...(createdAfter === undefined ? [] : [sql`created_at >= ${createdAfter}::timestamptz`]),
    ...(createdBefore === undefined ? [] : [sql`created_at < ${createdBefore}::timestamptz`]),
    ...(failureReasons === undefined ? [] : [sql`failure ->> 'reason' = any(${failureReasons}::text[])`]),
  ];
  return sql.join(conditions, sql` and `);
}

export function plainKeys(filter, limit, after) {
  const beyond = after ? sql`and (created_at, order_id) < (${after.createdAt}::timestamptz, ${after.orderId})` : sql``;
  return sql`(select order_id from orders where ${plainWhere(filter)} ${beyond}
              order by created_at desc, order_id desc limit ${limit})`;
}
