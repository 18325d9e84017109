import { sql } from 'kysely';
import type { DeliveryState } from '../../../domain/delivery.js';
import type { WebhookDelivery } from '../../../domain/webhook-endpoint.js';
import { deliveries } from './delivery-row.js';
import type { Database } from '../pool.js';
import { orUnavailable } from '../unavailable.js';

interface Filter {
  endpointId?: string;
  state?: DeliveryState;
  orderId?: string;
  type?: string;
  limit: number;
  beforeId?: string;
}

type Replayed =
  | { kind: 'replayed'; delivery: WebhookDelivery }
  | { kind: 'not_found' }
  | { kind: 'under_way'; state: DeliveryState }
  | { kind: 'no_receiver'; endpointState: 'disabled' | 'deleted' };

/** The deliveries as people read and replay them. */
export function createDeliveryReader({ kysely }: Database) {
  return {
    find: async (id: string): Promise<WebhookDelivery | undefined> =>
      orUnavailable(deliveries(kysely).where('d.id', '=', id).executeTakeFirst()),

    list: async (filter: Filter): Promise<WebhookDelivery[]> => orUnavailable(deliveryPage(kysely, filter).execute()),

    /** delivered or failed → pending in a new round, once. */
    async replay(id: string): Promise<Replayed> {
      return orUnavailable(
        kysely.transaction().execute(async (tx): Promise<Replayed> => {
          const found = await tx
            .selectFrom('webhook_deliveries as d')
            .innerJoin('webhook_endpoints as e', 'e.id', 'd.endpoint_id')
            .select(['d.state', 'e.state as endpointState'])
            .where('d.id', '=', id)
            .forUpdate('d')
            .forShare('e')
            .executeTakeFirst();
          if (found === undefined) return { kind: 'not_found' };
          const { state, endpointState } = found;
          if (state === 'pending' || state === 'retrying') return { kind: 'under_way', state };
          if (endpointState !== 'enabled') return { kind: 'no_receiver', endpointState };
          await tx
            .updateTable('webhook_deliveries')
            .set({
              state: 'pending',
              round: sql<number>`round + 1`,
              tries: 0,
              next_attempt_at: sql<Date>`now()`,
              watch_at: sql<Date>`now()`,
              updated_at: sql<Date>`now()`,
            })
            .where('id', '=', id)
            .execute();
          await sql`notify holdfast_outbox`.execute(tx);
          return { kind: 'replayed', delivery: await deliveries(tx).where('d.id', '=', id).executeTakeFirstOrThrow() };
        }),
      );
    },
  };
}

/** A page of deliveries, newest first. */
export function deliveryPage(
  kysely: Database['kysely'],
  { endpointId, state, orderId, type, limit, beforeId }: Filter,
) {
  return (
    deliveries(kysely)
      .$if(endpointId !== undefined, (query) => query.where('d.endpoint_id', '=', endpointId ?? ''))
      .$if(state !== undefined, (query) => query.where('d.state', '=', state ?? 'pending'))
      // For the planner, which cannot see that another state is not "delivered".
      .$if(state !== undefined && state !== 'delivered', (query) => query.where('d.state', '<>', 'delivered'))
      .$if(orderId !== undefined, (query) => query.where('d.order_id', '=', orderId ?? ''))
      .$if(type !== undefined, (query) => query.where('d.type', '=', type ?? ''))
      .$if(beforeId !== undefined, (query) => query.where('d.id', '<', beforeId ?? ''))
      .orderBy('d.id', 'desc')
      .limit(limit)
  );
}
