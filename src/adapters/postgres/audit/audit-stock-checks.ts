import { PAID, SETTLED } from '../../../domain/order.js';
import { listed } from '../sql-list.js';
import type { SqlCheck } from './sql-check.js';

export const STOCK_CHECKS: readonly SqlCheck[] = [
  {
    name: 'stock-is-its-movements',
    invariant: 'I5',
    isRecoverable: false,
    sql: `select '' as order_id, s.sku as about,
                 format('%s: %s on hand and %s reserved, but its movements add up to %s and %s', s.sku,
                        s.on_hand, s.reserved, coalesce(m.on_hand, 0), coalesce(m.reserved, 0)) as detail
          from stock s
          left join (
            select sku, sum(on_hand_delta) as on_hand, sum(reserved_delta) as reserved from stock_movements group by 1
          ) m using (sku)
          where (s.on_hand, s.reserved) is distinct from (coalesce(m.on_hand, 0), coalesce(m.reserved, 0))`,
  },
  {
    name: 'stocked-goods-are-accounted-for',
    invariant: 'I5',
    isRecoverable: false,
    sql: `select '' as order_id, s.sku as about,
                 format('%s: %s were stocked, but %s are on hand and %s are with orders that took them', s.sku,
                        coalesce(m.stocked, 0), s.on_hand, coalesce(r.sold, 0)) as detail
          from stock s
          left join (
            select sku, sum(on_hand_delta) as stocked from stock_movements where kind = 'adjust' group by 1
          ) m using (sku)
          left join (
            select sku, sum(quantity) as sold from reservations where state = 'committed' group by 1
          ) r using (sku)
          where coalesce(m.stocked, 0) <> s.on_hand + coalesce(r.sold, 0)`,
  },
  {
    name: 'orders-have-what-they-took',
    invariant: 'I5',
    isRecoverable: false,
    sql: `select order_id, sku as about,
                 format('the order has %s of %s, but %s were taken from the shelf for it and not put back',
                        coalesce(r.quantity, 0), sku, -coalesce(m.moved, 0)) as detail
          from (
            select order_id, sku, sum(on_hand_delta) as moved from stock_movements
            where kind in ('commit', 'restock') and order_id is not null group by 1, 2
          ) m full join (
            select order_id, sku, quantity from reservations where state = 'committed'
          ) r using (order_id, sku)
          where coalesce(r.quantity, 0) <> -coalesce(m.moved, 0)`,
  },
  {
    name: 'returned-goods-are-not-shipped',
    invariant: 'I5',
    isRecoverable: false,
    // A later adjustment of the stock means that it was counted.
    sql: `select m.order_id, m.sku as about,
                 format('%s of %s were put back on the shelf before the order was completed', m.on_hand_delta, m.sku)
                   as detail
          from stock_movements m join order_events e using (order_id)
          where m.kind = 'restock' and e.type = 'order.completed' and m.created_at < e.created_at
            and not exists (
              select from stock_movements a
              where a.sku = m.sku and a.kind = 'adjust' and a.created_at > e.created_at)`,
  },
  {
    name: 'shipped-goods-were-ordered',
    invariant: 'I5',
    isRecoverable: false,
    sql: `select o.order_id, l.sku as about,
                 format('%s of %s %s have shipped, and the order is %s', coalesce(s.shipped, 0), l.quantity, l.sku, o.status)
                   as detail
          from orders o join order_lines l using (order_id)
          left join (
            select order_id, sku, sum(quantity) as shipped from fulfilment_items group by 1, 2
          ) s using (order_id, sku)
          where (o.shipping or s.shipped > 0)
            and (coalesce(s.shipped, 0) > l.quantity or not o.shipping or o.status not in ${listed(PAID)}
                 or o.status = 'completed' and coalesce(s.shipped, 0) < l.quantity)`,
  },
  {
    name: 'reserved-stock-is-its-reservations',
    invariant: 'I5',
    isRecoverable: false,
    sql: `select '' as order_id, s.sku as about,
                 format('%s: %s reserved, but its active reservations add up to %s', s.sku,
                        s.reserved, coalesce(r.quantity, 0)) as detail
          from stock s
          left join (
            select sku, sum(quantity) as quantity from reservations where state = 'active' group by 1
          ) r using (sku)
          where s.reserved <> coalesce(r.quantity, 0)`,
  },
  {
    name: 'confirmed-orders-are-filled',
    invariant: 'I4',
    isRecoverable: false,
    sql: `select o.order_id, l.sku as about,
                 format('the order is %s, and its %s of %s are %s', o.status, l.quantity, l.sku,
                        coalesce(r.quantity || ' ' || r.state, 'not reserved')) as detail
          from orders o join order_lines l using (order_id)
          left join reservations r on r.order_id = l.order_id and r.sku = l.sku
          where o.status in ${listed(PAID)}
            and (r.quantity is distinct from l.quantity or r.state not in ('active', 'committed', 'restocked'))`,
  },
  {
    name: 'settled-orders-hold-no-stock',
    invariant: 'I6',
    isRecoverable: false,
    sql: `select o.order_id, r.sku as about,
                 format('the order is %s and still holds %s of %s', o.status, r.quantity, r.sku) as detail
          from orders o join reservations r using (order_id)
          where o.status in ${listed(SETTLED)} and r.state = 'active'`,
  },
  {
    name: 'paying-orders-keep-their-stock',
    invariant: 'I7',
    isRecoverable: false,
    // A reservation may expire just before the charge is claimed: the order of the two clock readings is not certain.
    sql: `select r.order_id, r.sku as about,
                 format('%s of %s were %s while attempt %s was %s', r.quantity, r.sku, r.state, a.attempt, a.state) as detail
          from payment_attempts a join reservations r using (order_id)
          where a.state in ('sent', 'unknown') and r.state in ('released', 'expired', 'restocked')
            and r.updated_at > a.created_at + interval '10 seconds'`,
  },
  {
    name: 'expired-reservations-are-freed',
    invariant: 'I11',
    isRecoverable: true,
    sql: `select r.order_id, r.sku as about,
                 format('%s of %s are held since they expired at %s, and the order is %s without a charge',
                        r.quantity, r.sku, to_char(r.expires_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
                        o.status) as detail
          from reservations r join orders o using (order_id), ago
          where r.state = 'active' and r.expires_at < ago.margin and o.status in ('pending', 'in_review', 'reserved')
            and not exists (
              select from payment_attempts a
              where a.order_id = o.order_id and a.state in ('created', 'sent', 'unknown', 'captured'))`,
  },
];
