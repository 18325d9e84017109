import { sql } from 'kysely';
import { isBeingPaid } from '../../../domain/order.js';
import type { Database } from '../pool.js';
import { lockOrder } from '../order-lock.js';

const hold = (orderId: string) => sql`
   with wanted as materialized (
     select l.sku, l.quantity from order_lines l
     where l.order_id = ${orderId}
       and not exists (
         select from reservations r where r.order_id = ${orderId} and r.sku = l.sku and r.state = 'active')
   ), free as materialized (
     select s.sku, w.quantity from stock s join wanted w on w.sku = s.sku
     where s.on_hand - s.reserved >= w.quantity
     order by s.sku for update of s
   ), enough as (
     select 1 where (select count(*) from wanted) = (select count(*) from free)
   ), kept as (
     update reservations r set state = 'active', updated_at = now()
     from free f, enough where r.order_id = ${orderId} and r.sku = f.sku and r.state <> 'active'
     returning r.sku, f.quantity
   ), taken as (
     update stock s set reserved = s.reserved + k.quantity from kept k where s.sku = k.sku
   )
   insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
   select k.sku, ${orderId}, 'reserve', 0, k.quantity from kept k`;

/**
 * Reserves again what an order that is being paid no longer holds: everything or nothing. The lock is a separate
 * statement, so that the next one sees what others did while it waited.
 */
export async function holdAgain({ kysely }: Database, orderId: string): Promise<void> {
  await kysely.transaction().execute(async (tx) => {
    const order = await lockOrder(tx, orderId);
    if (order !== undefined && isBeingPaid(order.status)) await hold(orderId).execute(tx);
  });
}
