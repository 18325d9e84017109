import { sql } from 'kysely';
import type { WebhookDeliveryStore, DeliveryFilter, Replayed } from '../../../api/webhooks/webhook-deliveries.js';
import { messageOf } from '../../../domain/public-event.js';
import type { DeliveryWithPayload, WebhookDelivery } from '../../../domain/webhook-endpoint.js';
import { deliveries } from './delivery-row.js';
import { eventSources } from './event-sources.js';
import type { Database } from '../pool.js';
import { orUnavailable } from '../or-unavailable.js';
import { announceDeliveries } from './relay-news.js';

// By the clock, since a replay that waited for another one's lock may have started earlier.
const isBeingSent = sql<boolean>`d.state = 'pending' and d.next_attempt_at <= clock_timestamp()`;

const NEW_ROUND = {
  state: 'pending' as const,
  round: sql<number>`round + 1`,
  tries: 0,
  next_attempt_at: sql<Date>`now()`,
  watch_at: sql<Date>`now()`,
  updated_at: sql<Date>`now()`,
};

/** Reads and replays deliveries. */
export function createWebhookDeliveryStore(database: Database): WebhookDeliveryStore {
  const { kysely } = database;
  return {
    async find(id: string): Promise<DeliveryWithPayload | undefined> {
      const found = await orUnavailable(deliveries(kysely).select('d.seq').where('d.id', '=', id).executeTakeFirst());
      if (found === undefined) return undefined;
      const { seq, ...delivery } = found;
      const { messageId, type, createdAt, orderId } = delivery;
      if (orderId === null || seq === null) return { ...delivery, payload: messageOf({ messageId, type, createdAt }) };
      const [source] = await eventSources(database, [{ orderId, seq }]);
      if (source === undefined) throw new Error(`order ${orderId} has no event ${seq}`);
      return { ...delivery, payload: messageOf({ messageId, type, createdAt, source }) };
    },

    list: async (filter: DeliveryFilter): Promise<WebhookDelivery[]> =>
      orUnavailable(deliveryPage(kysely, filter).execute()),

    /** Any delivery, unless it is being sent right now → pending in a new round. */
    async replay(id: string): Promise<Replayed> {
      return orUnavailable(
        kysely.transaction().execute(async (tx): Promise<Replayed> => {
          const found = await tx
            .selectFrom('webhook_deliveries as d')
            .innerJoin('webhook_endpoints as e', 'e.id', 'd.endpoint_id')
            .select(['e.state as endpointState', isBeingSent.as('isBeingSent')])
            .where('d.id', '=', id)
            .forUpdate('d')
            .forShare('e')
            .executeTakeFirst();
          if (found === undefined) return { kind: 'not_found' };
          const { endpointState } = found;
          if (endpointState !== 'enabled') return { kind: 'no_receiver', endpointState };
          if (!found.isBeingSent) {
            await tx.updateTable('webhook_deliveries').set(NEW_ROUND).where('id', '=', id).execute();
            await announceDeliveries(tx);
          }
          return { kind: 'replayed', delivery: await deliveries(tx).where('d.id', '=', id).executeTakeFirstOrThrow() };
        }),
      );
    },
  };
}

/** A page of deliveries, newest first. */
export function deliveryPage(
  kysely: Database['kysely'],
  { endpointId, state, orderId, type, limit, beforeId }: DeliveryFilter,
) {
  return (
    deliveries(kysely)
      .$if(endpointId !== undefined, (query) => query.where('d.endpoint_id', '=', endpointId ?? ''))
      .$if(state !== undefined, (query) => query.where('d.state', '=', state ?? 'pending'))
      // For the planner, which cannot see that the other states are not "delivered".
      .$if(state !== undefined && state !== 'delivered', (query) => query.where('d.state', '<>', 'delivered'))
      .$if(orderId !== undefined, (query) => query.where('d.order_id', '=', orderId ?? ''))
      .$if(type !== undefined, (query) => query.where('d.type', '=', type ?? ''))
      .$if(beforeId !== undefined, (query) => query.where('d.id', '<', beforeId ?? ''))
      .orderBy('d.id', 'desc')
      .limit(limit)
  );
}
