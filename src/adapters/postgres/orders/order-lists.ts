import { sql } from 'kysely';
import type { OrderFilter, OrderPlace } from '../../../domain/order-filter.js';
import type { ListedOrder, OrderListReader } from '../../../api/orders/order-list.js';
import { pageOfKeys } from './order-page.js';
import { orderRows, toRecord } from './order-reader.js';
import type { Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { utcExact } from '../utc.js';

/** Reads pages of orders, the newest first. */
export function createOrderListReader(database: Database): OrderListReader {
  return {
    /** The orders after this position, `limit` at most. */
    async list(filter: OrderFilter, limit: number, after?: OrderPlace): Promise<ListedOrder[]> {
      const rows = await orUnavailable(listQuery(database, filter, limit, after).execute());
      return rows.map((row) => ({
        record: toRecord(row),
        place: { createdAt: row.createdAt, orderId: row.order_id },
      }));
    },
  };
}

/** One statement for a page and everything about its orders; nothing is joined to other orders. */
export function listQuery(
  database: Database,
  filter: OrderFilter,
  limit: number,
  after?: OrderPlace,
  keys = pageOfKeys(filter, limit, after),
) {
  return orderRows(database)
    .innerJoin(keys.as<'page'>(sql`page`), (join) => join.onRef(sql.ref('page.order_id'), '=', 'o.order_id'))
    .select(utcExact('o.created_at').as('createdAt'))
    .orderBy('o.created_at', 'desc')
    .orderBy('o.order_id', 'desc');
}
