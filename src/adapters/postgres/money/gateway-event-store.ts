import { sql, type Selectable } from 'kysely';
import type { WaitingEvent } from '../../../activities/audit/audit-ports.js';
import type { GatewayEventStore, StoredGatewayEvent } from '../../../activities/gateway-events.js';
import type { Database } from '../pool.js';
import { placeOf } from './attempts.js';
import { failRefund } from './refund-answers.js';
import { lockRefund } from './refund-row.js';
import type { Tables } from '../tables.js';
import { orUnavailable } from '../or-unavailable.js';

/** The content of a gateway event, before it is processed. */
export type ReceivedEvent = Omit<StoredGatewayEvent, 'isProcessed'>;

/** The stored gateway events, for the API, which adds them, and the audit, which checks them. */
export interface GatewayEventTable extends GatewayEventStore {
  /** Stores an event once. When this returns, it is durable and can be acknowledged. */
  store(event: ReceivedEvent): Promise<'stored' | 'known'>;
  /** Events that have not been processed for this long: those that are not given up first, then the oldest. */
  unprocessed(limit: number, olderThanMs: number, patienceMs: number): Promise<WaitingEvent[]>;
}

export function createGatewayEventStore(database: Database): GatewayEventTable {
  return {
    async store({ gateway, eventId, type, chargeKey, refundKey, orderId }) {
      const stored = await orUnavailable(
        database.kysely
          .insertInto('gateway_events')
          .values({
            gateway,
            event_id: eventId,
            type,
            charge_key: chargeKey,
            refund_key: refundKey,
            order_id: orderId,
          })
          .onConflict((conflict) => conflict.doNothing())
          .returning('event_id')
          .executeTakeFirst(),
      );
      return stored === undefined ? 'known' : 'stored';
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
      // A capture that confirmed nothing still has to be refunded.
      const { rows } = await sql`
        select 1 from payment_attempts a join payments p on p.order_id = a.order_id and p.attempt = a.attempt
        where ${type} = 'charge.captured' and a.idempotency_key = ${chargeKey}
        union all
        select 1 from payment_attempts
        where ${type} = 'charge.declined' and idempotency_key = ${chargeKey} and state = 'declined'
        union all
        select 1 from refunds
        where idempotency_key = ${refundKey}
          and (${type} = 'refund.succeeded' and state = 'succeeded' or ${type} = 'refund.failed' and state = 'failed')`.execute(
        database.kysely,
      );
      return rows.length > 0;
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
