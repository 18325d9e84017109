import { sql } from 'kysely';
import type { ReservationStore } from '../../../activities/inventory.js';
import type { Failure } from '../../../domain/failure.js';
import { holdsStock, isBeingUndone, type AcceptedOrder, type OrderStatus } from '../../../domain/order.js';
import type { ReserveOutcome, Shortage } from '../../../domain/outcomes.js';
import { actorJson } from '../actors.js';
import { lockOrder } from '../order-lock.js';
import { ORDER_COLUMNS, orderParameters, orderValues } from './order-columns.js';
import { endingOf, lineArrays, LINES } from './order-row.js';
import { prepared, type Database } from '../pool.js';

interface ReserveRow {
  /** The order's status after this statement, or null if it wrote nothing. */
  placed: OrderStatus | null;
  existing: OrderStatus | null;
  existing_owner: string | null;
  failure: Failure | null;
  cancel_reason: string | null;
  shortages: Shortage[];
}

// One statement is one round trip and one transaction. A row that it inserted has no `xmax`, one that it updated has.
// The order's row is locked first, then stock in SKU order, as everywhere, so that no two statements can deadlock.
const reserve = prepared<ReserveRow>(
  'reserve',
  `with wanted as (
     select * from ${LINES} as w(sku, name, quantity, unit_price_minor)
   ), existing as materialized (
     select status, owner, failure, cancel_reason from orders where order_id = $1 for update
   ), held as materialized (
     select s.sku, s.on_hand - s.reserved as available, w.quantity
     from stock s join wanted w on w.sku = s.sku
     where (select count(*) from existing) >= 0
     order by s.sku for update of s
   ), verdict as (
     select (select count(*) from wanted) = (select count(*) from held where available >= quantity) as enough
   ), placed as (
     insert into orders (order_id, ${ORDER_COLUMNS}, status, version)
     select $1, ${orderParameters(8)},
            case when enough then 'reserved' else 'pending' end, case when enough then 2 else 1 end
     from verdict
     on conflict (order_id) do update set status = 'reserved', version = orders.version + 1, updated_at = now()
       where orders.status = 'pending' and orders.owner = excluded.owner and excluded.status = 'reserved'
     returning xmax = 0 as is_new, status, version
   ), lines as (
     insert into order_lines (order_id, sku, name, quantity, unit_price_minor)
     select $1, sku, name, quantity, unit_price_minor from wanted, placed where is_new
   ), taken as (
     update stock s set reserved = s.reserved + w.quantity
     from wanted w, placed where placed.status = 'reserved' and s.sku = w.sku
   ), kept as (
     insert into reservations (order_id, sku, quantity, state, expires_at)
     select $1, sku, quantity, 'active', now() + $6 * interval '1 ms' from wanted, placed
     where placed.status = 'reserved'
     on conflict (order_id, sku) do update set state = 'active', expires_at = excluded.expires_at, updated_at = now()
   ), moved as (
     insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta)
     select sku, $1, 'reserve', 0, quantity from wanted, placed where placed.status = 'reserved'
   ), told as (
     insert into order_events (order_id, seq, type, actor)
     select $1, 1, 'order.created', $7::jsonb from placed where is_new
     union all
     select $1, version, 'inventory.reserved', null from placed where status = 'reserved'
   )
   select placed.status as placed, existing.status as existing, existing.owner as existing_owner,
          existing.failure, existing.cancel_reason,
          (select coalesce(json_agg(json_build_object(
                    'sku', w.sku, 'requested', w.quantity, 'available', coalesce(h.available, 0)) order by w.sku), '[]')
           from wanted w left join held h on h.sku = w.sku
           where coalesce(h.available, 0) < w.quantity) as shortages
   from (select) as one left join placed on true left join existing on true`,
);

export function createReservationStore(database: Database): ReservationStore {
  return {
    async reserveInventory({ order, owner, ttlMs }) {
      const [row] = await reserve(database, [
        order.orderId,
        ...lineArrays(order),
        ttlMs,
        actorJson(order.actor),
        ...orderValues(order, owner),
      ]);
      if (row === undefined) throw new Error('the reserve statement returned no row');
      return reserveOutcome(row, order, owner);
    },

    async releaseInventory({ orderId, owner }) {
      await database.kysely.transaction().execute(async (tx) => {
        const order = await lockOrder(tx, orderId);
        if (order?.owner !== owner || !isBeingUndone(order.status)) return;
        const isExpired = order.status === 'compensating' && order.failure?.reason === 'expired';
        const freed = isExpired ? 'expired' : 'released';
        await sql`
          with held as materialized (
            select r.sku, r.quantity, r.state = 'committed' as sold
            from reservations r join stock s on s.sku = r.sku
            where r.order_id = ${orderId} and r.state in ('active', 'committed')
            order by r.sku for update of s
          ), given_back as (
            update stock s set reserved = s.reserved - case when sold then 0 else h.quantity end,
                               on_hand = s.on_hand + case when sold then h.quantity else 0 end
            from held h where s.sku = h.sku
          ), freed as (
            update reservations r set state = case when sold then 'restocked' else ${freed}::text end, updated_at = now()
            from held h where r.order_id = ${orderId} and r.sku = h.sku
          )
          insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta, reason)
          select sku, ${orderId}, case when sold then 'restock' else 'release' end,
                 case when sold then quantity else 0 end, case when sold then 0 else -quantity end,
                 case when ${isExpired}::boolean and not sold then 'expired' end
          from held`.execute(tx);
      });
    },

    async restockOrder({ orderId, refundId }) {
      await database.kysely.transaction().execute(async (tx) => {
        await lockOrder(tx, orderId);
        await sql`
          with sold as materialized (
            select r.sku, r.quantity from reservations r join stock s on s.sku = r.sku
            where r.order_id = ${orderId} and r.state = 'committed'
              and exists (select from refunds f where f.refund_id = ${refundId} and f.state = 'succeeded' and f.restock)
            order by r.sku for update of s
          ), given_back as (
            update stock s set on_hand = s.on_hand + sold.quantity from sold where s.sku = sold.sku
          ), freed as (
            update reservations r set state = 'restocked', updated_at = now()
            from sold where r.order_id = ${orderId} and r.sku = sold.sku
          )
          insert into stock_movements (sku, order_id, kind, on_hand_delta, reserved_delta, reason, actor)
          select sku, ${orderId}, 'restock', quantity, 0, ${refundId}::text,
                 (select actor from refunds where refund_id = ${refundId}) from sold`.execute(tx);
      });
    },
  };
}

function reserveOutcome(row: ReserveRow, order: AcceptedOrder, owner: string): ReserveOutcome {
  if (row.placed === 'reserved') return { kind: 'reserved' };
  const outOfStock: ReserveOutcome = { kind: 'out_of_stock', shortages: row.shortages };
  if (row.placed === 'pending') return outOfStock;

  // The row existed before. Without one, another try of this order was narrowly first: this one is retried.
  if (row.existing === null) throw new Error(`order ${order.orderId} was being written by another try`);
  if (row.existing_owner !== owner) return { kind: 'superseded' };
  if (row.existing === 'pending') return outOfStock;
  if (holdsStock(row.existing)) return { kind: 'reserved' };
  const ending = endingOf({ status: row.existing, failure: row.failure, cancel_reason: row.cancel_reason });
  return ending === undefined ? { kind: 'superseded' } : { kind: 'undoing', ending };
}
