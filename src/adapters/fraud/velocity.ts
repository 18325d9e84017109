import type { FraudCheck } from '../../activities/screening.js';
import { prepared, type Database } from '../postgres/pool.js';

export interface VelocitySettings {
  /** How many orders of one customer may fall into one window. */
  orders: number;
  windowMs: number;
}

// By the times at which orders were accepted, so that a check that runs again counts the same orders.
const countEarlier = prepared<{ earlier: number }>(
  'velocity',
  `select count(*) as earlier from (
     select from orders
     where customer_id = $1 and order_id <> $2
       and created_at > $3::timestamptz - $4::float8 * interval '1 ms' and created_at <= $3::timestamptz
     limit $5
   ) as found`,
);

/** A fraud check by how many orders the customer has placed shortly before: more than `orders` go to review. */
export function createVelocityCheck(database: Database, { orders, windowMs }: VelocitySettings): FraudCheck {
  return {
    name: 'velocity',
    async check({ orderId, customerId, acceptedAt }) {
      const [row] = await countEarlier(database, [customerId, orderId, acceptedAt, windowMs, orders]);
      if ((row?.earlier ?? 0) < orders) return { verdict: 'allow' };
      return { verdict: 'review', detail: 'the customer has placed unusually many orders in a short time' };
    },
  };
}
