import { sql } from 'kysely';
import { jsonArrayFrom } from 'kysely/helpers/postgres';
import type { OrderRecord, Review } from '../../../domain/order-record.js';
import { BEING_PAID } from '../../../domain/order.js';
import type { KnownCheckout, OrderReader } from '../../../api/orders/accept-checkout.js';
import type { OrderEventReader } from '../../../api/orders/order-events.js';
import type { SettledOrderReader } from '../../../api/orders/settlement-watch.js';
import { SETTLED } from '../../../domain/order.js';
import { acceptedReason } from './cancel-requests.js';
import { FULFILMENTS } from './fulfilments.js';
import { orderOf } from './order-columns.js';
import { prepared, type Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { listed } from '../sql-list.js';
import { utc } from '../utc.js';

const forCheckout = prepared<KnownCheckout>(
  'for-checkout',
  `select (select fingerprint from orders where order_id = $1) as fingerprint,
          (select order_id from checkout_keys where key_hash = $3) as "keyHolder",
          (select coalesce(json_agg(json_build_object('sku', sku, 'name', name, 'currency', currency,
                                                      'unitPriceMinor', unit_price_minor, 'active', active)), '[]')
           from products where sku = any($2) and deleted_at is null) as products`,
);

const begun = prepared<{ orderId: string }>(
  'begun-orders',
  `select order_id as "orderId" from payment_attempts where order_id = any($1)
   union
   select order_id from orders where order_id = any($1) and status not in ('pending', 'reserved')`,
);

// As the unique index has it.
const unsettled = sql<boolean>`d.state in ('open', 'redriving')`;

const settled = prepared<{ orderId: string }>(
  'settled-orders',
  `select order_id as "orderId" from orders where order_id = any($1) and status in ${listed(SETTLED)}`,
);

/** What the API reads. */
export interface PostgresOrderReader extends OrderReader, OrderEventReader, SettledOrderReader {
  /** Which of these orders have a payment in progress or are past it. */
  begun(orderIds: string[]): Promise<string[]>;
}

export function createOrderReader(database: Database): PostgresOrderReader {
  return {
    /** Everything that accepting a checkout needs, in one query. */
    async forCheckout(orderId: string, skus: string[], keyHash: Buffer | null): Promise<KnownCheckout> {
      const [row] = await orUnavailable(forCheckout(database, [orderId, skus, keyHash]));
      return row ?? { fingerprint: null, keyHolder: null, products: [] };
    },

    /** Which of these orders have a payment in progress or are past it. */
    async begun(orderIds: string[]): Promise<string[]> {
      const rows = await orUnavailable(begun(database, [orderIds]));
      return rows.map(({ orderId }) => orderId);
    },

    async settled(orderIds: string[]): Promise<string[]> {
      const rows = await orUnavailable(settled(database, [orderIds]));
      return rows.map(({ orderId }) => orderId);
    },

    async find(orderId: string): Promise<OrderRecord | undefined> {
      const row = await orUnavailable(orderRows(database).where('o.order_id', '=', orderId).executeTakeFirst());
      return row && toRecord(row);
    },

    cancelReason: (orderId: string): Promise<string | undefined> =>
      orUnavailable(acceptedReason(database.kysely, orderId)),

    /** The order's events after `seq`, oldest first. */
    async events(orderId: string, afterSeq: number, limit: number) {
      return orUnavailable(
        database.kysely
          .selectFrom('order_events')
          .select(['seq', 'type', 'data', 'actor', utc('created_at').as('createdAt')])
          .where('order_id', '=', orderId)
          .where('seq', '>', afterSeq)
          .orderBy('seq')
          .limit(limit)
          .execute(),
      );
    },
  };
}

// Only of the few orders that hold stock for a payment: the others have reservations too, and need not read them.
const HOLD_EXPIRES_AT = sql<string | null>`case when o.status in (${sql.join([...BEING_PAID])}) then (
  select ${utc('h.expires_at')} from reservations h
  where h.order_id = o.order_id and h.state = 'active' order by h.expires_at limit 1) end`;

/** Orders with everything about them; the caller selects which. */
export function orderRows({ kysely }: Database) {
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
          .select(['a.amount_minor as amountMinor', 'a.captured_minor as capturedMinor'])
          .select(['a.decline_code as declineCode', utc('a.waits_until').$castTo<string | null>().as('waitsUntil')])
          .select((payment) =>
            payment
              .exists(
                payment
                  .selectFrom('payments as p')
                  .select('p.order_id')
                  .whereRef('p.order_id', '=', 'a.order_id')
                  .whereRef('p.attempt', '=', 'a.attempt'),
              )
              .$castTo<boolean>()
              .as('settles'),
          )
          .select([utc('a.created_at').as('createdAt'), utc('a.updated_at').as('updatedAt')])
          .whereRef('a.order_id', '=', 'o.order_id')
          .orderBy('a.attempt'),
      ).as('attempts'),
      jsonArrayFrom(
        eb
          .selectFrom('refunds as r')
          .select(['r.refund_id as id', 'r.attempt', 'r.amount_minor as amountMinor', 'r.state', 'r.reference'])
          .select(['r.reason', 'r.restock', 'r.fingerprint'])
          .select([utc('r.created_at').as('createdAt'), utc('r.updated_at').as('updatedAt')])
          .whereRef('r.order_id', '=', 'o.order_id')
          .orderBy('r.created_at')
          .orderBy('r.refund_id'),
      ).as('refunds'),
      // An aggregate: of an `exists`, the planner could make a hash of all reservations.
      sql<boolean>`(select coalesce(bool_or(s.state = 'restocked'), false)
                    from reservations s where s.order_id = o.order_id)`.as('goodsAreBack'),
      jsonArrayFrom(
        eb
          .selectFrom('dead_letters as d')
          .select(['d.id', 'd.kind', 'd.step', 'd.subject', 'd.state', 'd.last_error as lastError'])
          .select(utc('d.created_at').as('createdAt'))
          .whereRef('d.order_id', '=', 'o.order_id')
          .where(unsettled)
          .orderBy('d.created_at')
          .orderBy('d.id'),
      ).as('deadLetters'),
      FULFILMENTS.as('fulfilments'),
      HOLD_EXPIRES_AT.as('holdExpiresAt'),
    ]);
}

type OrderRow = Awaited<ReturnType<ReturnType<typeof orderRows>['executeTakeFirstOrThrow']>>;

export function toRecord(row: OrderRow): OrderRecord {
  return {
    order: orderOf(row),
    status: row.status,
    version: row.version,
    failure: row.failure,
    cancelRequested: row.cancel_requested,
    cancelReason: row.cancel_reason,
    review: reviewOf(row),
    attempts: row.attempts,
    refunds: row.refunds,
    goodsAreBack: row.goodsAreBack,
    deadLetters: row.deadLetters,
    fulfilments: row.fulfilments,
    holdExpiresAt: row.holdExpiresAt,
    updatedAt: row.updated_at.toISOString(),
  };
}

function reviewOf({ review, review_by }: Pick<OrderRow, 'review' | 'review_by'>): Review | null {
  if (review === null && review_by === null) return null;
  return { decision: review?.decision ?? null, deadline: review_by?.toISOString() ?? null };
}
