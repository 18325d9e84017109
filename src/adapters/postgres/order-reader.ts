import { sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { OrderRecord } from '../../domain/order-record.js';
import type { Product } from '../../domain/product.js';
import { prepared, type Database } from './pool.js';
import { orUnavailable } from './unavailable.js';

interface CheckoutRow {
  fingerprint: string | null;
  products: Product[];
}

const forCheckout = prepared<CheckoutRow>(
  'for-checkout',
  `select (select fingerprint from orders where order_id = $1) as fingerprint,
          (select coalesce(json_agg(json_build_object('sku', sku, 'name', name, 'currency', currency,
                                                      'unitPriceMinor', unit_price_minor, 'active', active)), '[]')
           from products where sku = any($2)) as products`,
);

/** What the HTTP side reads. */
export function createOrderReader(database: Database) {
  return {
    /** All that accepting a checkout needs to know, in one query. */
    async forCheckout(orderId: string, skus: string[]): Promise<{ fingerprint: string | null; products: Product[] }> {
      const [row] = await orUnavailable(forCheckout(database, [orderId, skus]));
      return row ?? { fingerprint: null, products: [] };
    },

    async find(orderId: string): Promise<OrderRecord | undefined> {
      const row = await orUnavailable(orderQuery(database, orderId).executeTakeFirst());
      return row && toRecord(row);
    },

    /** Resolves when the database answers. */
    async ping(): Promise<void> {
      await orUnavailable(sql`select 1`.execute(database.kysely));
    },
  };
}

function orderQuery({ kysely }: Database, orderId: string) {
  return kysely
    .selectFrom('orders as o')
    .selectAll('o')
    .select((eb) => [
      jsonArrayFrom(
        eb
          .selectFrom('order_lines as l')
          .select(['l.sku', 'l.name', 'l.quantity', 'l.unit_price_minor as unitPriceMinor'])
          .whereRef('l.order_id', '=', 'o.order_id')
          .orderBy('l.sku'),
      ).as('lines'),
      jsonArrayFrom(
        eb
          .selectFrom('payment_attempts as a')
          .select(['a.attempt', 'a.state', 'a.tries', 'a.reference'])
          .select(['a.amount_minor as amountMinor', 'a.decline_code as declineCode'])
          .select([utc('a.created_at').as('createdAt'), utc('a.updated_at').as('updatedAt')])
          .whereRef('a.order_id', '=', 'o.order_id')
          .orderBy('a.attempt'),
      ).as('attempts'),
      jsonArrayFrom(
        eb
          .selectFrom('refunds as r')
          .select(['r.amount_minor as amountMinor', 'r.state', 'r.reference'])
          .select([utc('r.created_at').as('createdAt'), utc('r.updated_at').as('updatedAt')])
          .whereRef('r.order_id', '=', 'o.order_id')
          .orderBy('r.created_at'),
      ).as('refunds'),
    ])
    .where('o.order_id', '=', orderId);
}

type OrderRow = Awaited<ReturnType<ReturnType<typeof orderQuery>['executeTakeFirstOrThrow']>>;

function toRecord(row: OrderRow): OrderRecord {
  return {
    order: {
      orderId: row.order_id,
      customerId: row.customer_id,
      currency: row.currency,
      lines: row.lines,
      totalMinor: row.total_minor,
      paymentMethod: row.payment_method,
      metadata: row.metadata,
      fingerprint: row.fingerprint,
      requestId: row.request_id,
      acceptedAt: row.created_at.toISOString(),
    },
    status: row.status,
    version: row.version,
    failure: row.failure,
    cancelReason: row.cancel_reason,
    attempts: row.attempts,
    refunds: row.refunds,
    updatedAt: row.updated_at.toISOString(),
  };
}

/** A timestamp as JSON has it, RFC 3339 in UTC with milliseconds. */
function utc(column: string) {
  return sql<string>`to_char(${sql.ref(column)} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;
}
