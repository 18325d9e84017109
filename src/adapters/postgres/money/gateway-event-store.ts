import { sql, type Selectable } from 'kysely';
import type { WaitingEvent } from '../../../activities/audit/audit-ports.js';
import type { GatewayEventStore, StoredGatewayEvent } from '../../../activities/gateway-events.js';
import { prepared, type Database } from '../pool.js';
import { IS_LOOKED_AT_NOW, TELLS_NOTHING_NEW } from './gateway-event-facts.js';
import { placeOf } from './attempts.js';
import { failRefund } from './refund-answers.js';
import { lockRefund } from './refund-row.js';
import type { Tables } from '../tables.js';
import { orUnavailable } from '../or-unavailable.js';
import { GATEWAY_EVENT_NEWS, NEWS_CHANNEL } from '../events/relay-news.js';

/** The content of a gateway event, before it is processed. */
export type ReceivedEvent = Omit<StoredGatewayEvent, 'isProcessed'>;

/** The stored gateway events, for the API, which adds them, and the audit, which checks them. */
export interface GatewayEventTable extends GatewayEventStore {
  /** Stores an event once, compared with the database. When this returns, it is durable and can be acknowledged. */
  store(event: ReceivedEvent): Promise<'stored' | 'known'>;
  /** Events that have not been processed for this long: those that are not given up first, then the oldest. */
  unprocessed(limit: number, olderThanMs: number, patienceMs: number): Promise<WaitingEvent[]>;
}

// What most events report is in the answer to our own call too, which is given the time to be recorded.
const EVENT_WAIT_MS = 3_000;

// One statement: in the usual case it is all that an event costs. What tells something new is looked at later, by a relay;
// at once if no call of our own is about to record the same.
const storeStatement = prepared<{ event_id: string }>(
  'store-gateway-event',
  `with e as materialized (
     select $1::text as gateway, $2::text as event_id, $3::text as type, $4::text as charge_key, $5::text as refund_key,
            $6::text as order_id
   ), compared as materialized (
     select e.*, case when e.order_id is null then 'ignored: it names no order'
                      when ${TELLS_NOTHING_NEW} then 'known before' end as effect,
            ${IS_LOOKED_AT_NOW} as is_due
     from e
   ), stored as (
     insert into gateway_events (gateway, event_id, type, charge_key, refund_key, order_id, processed_at, effect, look_at)
     select gateway, event_id, type, charge_key, refund_key, order_id, case when effect is not null then now() end, effect,
            now() + case when is_due then interval '0' else interval '${EVENT_WAIT_MS} ms' end
     from compared
     on conflict do nothing
     returning event_id
   )
   select stored.event_id, case when effect is null and is_due then pg_notify('${NEWS_CHANNEL}', '${GATEWAY_EVENT_NEWS}') end
   from stored join compared using (event_id)`,
);

const comparison = prepared<{ tells_nothing_new: boolean }>(
  'compare-gateway-event',
  `select ${TELLS_NOTHING_NEW} as tells_nothing_new
   from (select $1::text as type, $2::text as charge_key, $3::text as refund_key) e`,
);

export function createGatewayEventStore(database: Database): GatewayEventTable {
  return {
    async store({ gateway, eventId, type, chargeKey, refundKey, orderId }) {
      const values = [gateway, eventId, type, chargeKey, refundKey, orderId];
      const stored = await orUnavailable(storeStatement(database, values));
      return stored.length === 0 ? 'known' : 'stored';
    },

    async read(gateway, eventId) {
      const row = await database.kysely
        .selectFrom('gateway_events')
        .selectAll()
        .where('gateway', '=', gateway)
        .where('event_id', '=', eventId)
        .executeTakeFirst();
      return row && toEvent(row);
    },

    async unprocessed(limit, olderThanMs, patienceMs) {
      const isGivenUp = sql<boolean>`(received_at <= now() - ${patienceMs}::float8 * interval '1 ms')`;
      const rows = await database.kysely
        .selectFrom('gateway_events')
        .selectAll()
        .select(isGivenUp.as('is_given_up'))
        .where('processed_at', 'is', null)
        .where('received_at', '<=', sql<Date>`now() - ${olderThanMs}::float8 * interval '1 ms'`)
        .orderBy(isGivenUp)
        .orderBy('received_at')
        .limit(limit)
        .execute();
      return rows.map((row) => ({ ...toEvent(row), isGivenUp: row.is_given_up }));
    },

    async agrees({ type, chargeKey, refundKey }) {
      const [row] = await comparison(database, [type, chargeKey, refundKey]);
      return row?.tells_nothing_new === true;
    },

    async orderStatus(orderId) {
      const row = await database.kysely
        .selectFrom('orders')
        .select('status')
        .where('order_id', '=', orderId)
        .executeTakeFirst();
      return row?.status;
    },

    async refundIdOf(refundKey) {
      const refund = await database.kysely.transaction().execute((tx) => lockRefund(tx, refundKey));
      return refund?.refund_id;
    },

    async placeOf(refundKey) {
      return database.kysely.transaction().execute(async (tx) => {
        const refund = await lockRefund(tx, refundKey);
        if (refund === undefined) return undefined;
        const attempt = await tx
          .selectFrom('payment_attempts')
          .select(['gateway', 'charge_id'])
          .where('order_id', '=', refund.order_id)
          .where('attempt', '=', refund.attempt)
          .executeTakeFirstOrThrow();
        return placeOf(attempt);
      });
    },

    async refundFailedLate(refundKey) {
      return database.kysely.transaction().execute(async (tx) => {
        const refund = await lockRefund(tx, refundKey);
        // Under an earlier key it had failed and has been redriven since.
        if (refund?.idempotency_key !== refundKey) return false;
        return failRefund(tx, refund, { error: 'the gateway took this refund back', takenBack: true });
      });
    },

    async processed(gateway, eventId, effect) {
      await database.kysely
        .updateTable('gateway_events')
        .set({ processed_at: sql<Date>`now()`, effect })
        .where('gateway', '=', gateway)
        .where('event_id', '=', eventId)
        .where('processed_at', 'is', null)
        .execute();
    },
  };
}

function toEvent(row: Selectable<Tables['gateway_events']>): StoredGatewayEvent {
  return {
    gateway: row.gateway,
    eventId: row.event_id,
    type: row.type,
    chargeKey: row.charge_key,
    refundKey: row.refund_key,
    orderId: row.order_id,
    isProcessed: row.processed_at !== null,
  };
}
