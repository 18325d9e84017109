// The built-in fraud checks. They only give a verdict; the workflow acts on it.

import type { FraudCheck } from '../../activities/screening.js';
import { prepared, type Database } from '../postgres/pool.js';
import { readLimits } from './limits.js';

export const VELOCITY = 'velocity';

// By the order in which rows were written, which is nearly the order of acceptance: of any two orders, the later one
// counts the earlier one, no matter when and how often the check runs.
const countEarlier = prepared<{ earlier: number }>(
  'velocity',
  `select count(*) as earlier from (
     select from orders o
     where customer_id = $1
       and created_at > $3::timestamptz - $4::float8 * interval '1 ms'
       and created_at < $3::timestamptz + $4::float8 * interval '1 ms'
       and placed_no < (select placed_no from orders where order_id = $2)
     limit $5
   ) as found`,
);

/**
 * A fraud check by the number of orders that the customer has placed within `windowMs` of this one: after the first
 * `orders`, further ones go to review. It counts rows, including those of orders that failed.
 */
export function createVelocityCheck(database: Database): FraudCheck {
  return {
    name: VELOCITY,
    async check({ orderId, customerId, acceptedAt }, limits) {
      const { orders, windowMs } = readLimits(VELOCITY, limits, ['orders', 'windowMs']);
      if (orders === undefined || windowMs === undefined) {
        throw new Error(`the fraud check ${VELOCITY} needs the limits "orders" and "windowMs"`);
      }
      const [row] = await countEarlier(database, [customerId, orderId, acceptedAt, windowMs, orders]);
      if (row === undefined) throw new Error('a count came back empty');
      if (row.earlier < orders) return { verdict: 'allow' };
      return { verdict: 'review', detail: 'the customer has placed unusually many orders in a short time' };
    },
  };
}
