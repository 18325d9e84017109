import { prepared, type Database } from '../pool.js';

const statement = prepared<{ held: number }>(
  'hold-again',
  `with payable as materialized (
     select order_id from orders where order_id = $1 and status in ('reserved', 'payment_unknown') for update
   ), wanted as materialized (
     select l.sku, l.quantity from order_lines l, payable
     where l.order_id = $1
       and not exists (select from reservations r where r.order_id = $1 and r.sku = l.sku and r.state = 'active')
   ), free as materialized (
     select s.sku, w.quantity from stock s join wanted w on w.sku = s.sku
     where s.on_hand - s.reserved >= w.quantity
     order by s.sku for update of s
   ), enough as (
     select 1 where (select count(*) from wanted) = (select count(*) from free)
   ), taken as (
     update stock s set reserved = s.reserved + f.quantity from free f, enough where s.sku = f.sku
   ), kept as (
     update reservations r set state = 'active', updated_at = now()
     from free f, enough where r.order_id = $1 and r.sku = f.sku returning r.sku
   ), moved as (
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     select f.sku, $1, 'reserve', 0, f.quantity from free f, enough
   )
   select count(*)::int as held from kept`,
);

/**
 * Reserves once more what an order that is being paid no longer holds: all of it or nothing.
 * @returns whether anything was taken
 */
export async function holdAgain(database: Database, orderId: string): Promise<boolean> {
  const [row] = await statement(database, [orderId]);
  return (row?.held ?? 0) > 0;
}
