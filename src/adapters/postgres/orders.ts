import type { OrderStore } from '../../activities/orders.js';
import { lineArrays, lockOrder, moveOrder, ORDER_COLUMNS, orderValues } from './order-row.js';
import { prepared, type Database } from './pool.js';

const place = prepared(
  'place',
  `with placed as (
     insert into orders (${ORDER_COLUMNS}, status, version)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 'pending', 1)
     on conflict (order_id) do nothing returning order_id
   ), lines as (
     insert into order_lines (order_id, sku, name, quantity, unit_price_minor)
     select order_id, l.*
     from placed, unnest($11::text[], $12::text[], $13::int[], $14::bigint[]) as l(sku, name, quantity, unit_price_minor)
   )
   insert into order_events (order_id, seq, type) select order_id, 1, 'order.created' from placed`,
);

export function createOrderStore(database: Database): OrderStore {
  return {
    async beginUndo({ order, owner, to }) {
      await place(database, [...orderValues(order, owner), ...lineArrays(order)]);
      return database.kysely.transaction().execute(async (tx) => {
        const locked = await lockOrder(tx, order.orderId);
        if (locked?.owner !== owner) return { kind: 'superseded' };
        if (locked.status === to) return { kind: 'open' };
        if (await moveOrder(tx, order.orderId, { to, event: `order.${to}` })) return { kind: 'open' };
        return locked.status === 'confirmed' ? { kind: 'confirmed' } : { kind: 'superseded' };
      });
    },

    async end({ orderId, owner }, ending) {
      await database.kysely.transaction().execute(async (tx) => {
        const locked = await lockOrder(tx, orderId);
        if (locked?.owner !== owner || locked.status === ending.status) return;
        const failed = ending.status === 'failed';
        const moved = await moveOrder(tx, orderId, {
          to: ending.status,
          event: `order.${ending.status}`,
          data: failed ? { ...ending.failure } : { reason: ending.reason },
          set: failed ? { failure: JSON.stringify(ending.failure) } : { cancel_reason: ending.reason },
        });
        if (!moved) throw new Error(`order ${orderId} cannot go from ${locked.status} to ${ending.status}`);
      });
    },
  };
}
