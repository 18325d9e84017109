import type { SqlCheck } from './sql-check.js';

/** Checks what lists and statistics read instead of every order. */
export const LIST_CHECKS: readonly SqlCheck[] = [
  {
    name: 'counts-are-the-orders',
    invariant: 'I10',
    isRecoverable: false,
    isRecountable: true,
    sql: `select '' as order_id, coalesce(o.status, c.status) as about,
                 format('%s orders are %s, and %s are counted', coalesce(o.orders, 0), coalesce(o.status, c.status),
                        coalesce(c.orders, 0)) as detail
          from (select status, count(*) as orders from orders group by status) as o
          full join order_totals c on c.status = o.status
          where coalesce(o.orders, 0) <> coalesce(c.orders, 0)
          union all
          select '', 'settled', format('%s orders had an answer after %s s in all, and %s after %s s are counted', o.settled,
                                       o.us / 1000000.0, c.settled, c.us / 1000000.0)
          from (select count(settled_at) as settled, coalesce(sum(settling_us(created_at, settled_at)), 0) as us
                from orders) as o,
               (select coalesce(sum(settled), 0) as settled, coalesce(sum(settling_us), 0) as us from order_totals) as c
          where (o.settled, o.us) <> (c.settled, c.us)`,
  },
  {
    name: 'reserved-orders-hold-stock',
    invariant: 'I7',
    isRecoverable: false,
    sql: `select o.order_id, '' as about, 'the order is reserved and holds nothing: no list shows it as reserved' as detail
          from orders o, ago
          where o.status = 'reserved' and o.updated_at < ago.margin
            and not exists (select from reservations r where r.order_id = o.order_id and r.state = 'active')`,
  },
];
