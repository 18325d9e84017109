import { sql } from 'kysely';
import type { DeliveryRound, DeliveryStore } from '../../../activities/deliveries/deliveries.js';
import type { SendResult } from '../../../activities/deliveries/event-sender.js';
import type { DeliveryState } from '../../../domain/delivery.js';
import { disableGone, signingSecrets } from './endpoint-row.js';
import { eventSources } from './event-sources.js';
import type { Database } from '../pool.js';
import { utc } from '../utc.js';

const OPEN: readonly DeliveryState[] = ['pending', 'retrying'];
const DISABLED: SendResult = { kind: 'not_sent', detail: 'the endpoint is disabled', latencyMs: 0 };

const inMs = (ms: number) => sql<Date>`now() + ${ms}::float8 * interval '1 ms'`;

/** The store of deliveries, for their workflows. */
export function createDeliveryStore(database: Database): DeliveryStore {
  const store: DeliveryStore = {
    async due(run) {
      const row = await database.kysely
        .selectFrom('webhook_deliveries as d')
        .innerJoin('webhook_endpoints as e', 'e.id', 'd.endpoint_id')
        .select([
          'd.endpoint_id as endpointId',
          'd.message_id as messageId',
          'd.type',
          'd.order_id as orderId',
          'd.seq',
        ])
        .select([
          'e.url',
          'e.state as endpointState',
          signingSecrets.as('secrets'),
          utc('d.created_at').as('createdAt'),
        ])
        .where('d.id', '=', run.deliveryId)
        .where('d.round', '=', run.round)
        .where('d.state', 'in', OPEN)
        .executeTakeFirst();
      if (row === undefined) return undefined;
      if (row.endpointState !== 'enabled') {
        const state = row.endpointState === 'deleted' ? 'cancelled' : 'failed';
        await store.record(run, DISABLED, { state });
        return undefined;
      }

      const { orderId, seq, endpointState: _, ...due } = row;
      if (orderId === null || seq === null) return due;
      const [source] = await eventSources(database, [{ orderId, seq }]);
      if (source === undefined) throw new Error(`order ${orderId} has no event ${seq}`);
      return { ...due, source };
    },

    async record({ deliveryId, round }, result, { state, pauseMs }) {
      await database.kysely.transaction().execute(async (tx) => {
        const delivery = await tx
          .selectFrom('webhook_deliveries')
          .select(['state', 'round', 'endpoint_id'])
          .where('id', '=', deliveryId)
          .forUpdate()
          .executeTakeFirst();
        if (delivery === undefined) return;
        await tx
          .insertInto('delivery_attempts')
          .values({
            delivery_id: deliveryId,
            number: sql<number>`(select coalesce(max(number), 0) + 1 from delivery_attempts where delivery_id = ${deliveryId})`,
            outcome: result.kind,
            status_code: 'statusCode' in result ? result.statusCode : null,
            detail: 'detail' in result ? result.detail : '',
            latency_ms: Math.round(result.latencyMs),
            response: 'response' in result ? result.response : null,
          })
          .execute();
        if (result.kind === 'gone') await disableGone(tx, [delivery.endpoint_id]);
        if (delivery.round !== round || !OPEN.includes(delivery.state)) return;
        await tx
          .updateTable('webhook_deliveries')
          .set({
            state,
            tries: sql<number>`tries + 1`,
            next_attempt_at: pauseMs === undefined ? null : inMs(pauseMs),
            updated_at: sql<Date>`now()`,
            ...(pauseMs === undefined ? {} : { watch_at: inMs(pauseMs + WATCH_AFTER_MS) }),
          })
          .where('id', '=', deliveryId)
          .execute();
      });
    },

    async postpone({ deliveryId, round }: DeliveryRound, pauseMs: number) {
      await database.kysely
        .updateTable('webhook_deliveries')
        .set({ next_attempt_at: inMs(pauseMs), watch_at: inMs(pauseMs + WATCH_AFTER_MS) })
        .where('id', '=', deliveryId)
        .where('round', '=', round)
        .where('state', 'in', OPEN)
        .execute();
    },
  };
  return store;
}

// A workflow that is this late may no longer exist.
const WATCH_AFTER_MS = 300_000;
