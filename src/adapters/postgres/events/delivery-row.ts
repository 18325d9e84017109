import { sql } from 'kysely';
import type { DeliveryAttempt } from '../../../domain/webhook-endpoint.js';
import type { Tx } from '../pool.js';
import { utc } from '../utc.js';

const attempts = sql<DeliveryAttempt[]>`
  coalesce((select json_agg(json_build_object(
              'number', a.number, 'at', to_char(a.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'),
              'outcome', a.outcome, 'statusCode', a.status_code, 'detail', a.detail, 'latencyMs', a.latency_ms,
              'response', a.response)
            order by a.number) from delivery_attempts a where a.delivery_id = d.id), '[]')`;

/** The deliveries for the API, each with its tries. */
export function deliveries(kysely: Pick<Tx, 'selectFrom'>) {
  return kysely
    .selectFrom('webhook_deliveries as d')
    .select(['d.id', 'd.endpoint_id as endpointId', 'd.message_id as messageId', 'd.type', 'd.order_id as orderId'])
    .select(['d.state', utc('d.next_attempt_at').as('nextAttemptAt'), attempts.as('attempts')])
    .select([utc('d.created_at').as('createdAt'), utc('d.updated_at').as('updatedAt')]);
}
