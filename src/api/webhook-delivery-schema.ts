import { z } from '@hono/zod-openapi';
import { DELIVERY_STATES } from '../domain/delivery.js';
import { PUBLIC_EVENT_TYPES, TEST_EVENT } from '../domain/public-event.js';
import type { WebhookDelivery } from '../domain/webhook-endpoint.js';
import { orderIdSchema } from './order-schema.js';
import { pageQuery } from './paging.js';
import { endpointParams } from './webhook-endpoint-schema.js';

export const deliveryParams = z.object({ id: z.string().regex(/^wd_[0-9a-f]{32}$/) });

export const deliveryQuery = pageQuery.extend({
  endpoint_id: endpointParams.shape.id.optional(),
  state: z.enum(DELIVERY_STATES).optional(),
  order_id: orderIdSchema.optional(),
  type: z.enum([...PUBLIC_EVENT_TYPES, TEST_EVENT]).optional(),
});

/** Where a list of deliveries goes on: the last one's id. */
export const deliveryPlace = z.tuple([z.string().max(100)]);

/** A delivery as the API shows it. */
export function deliveryJson(delivery: WebhookDelivery) {
  return {
    id: delivery.id,
    endpoint_id: delivery.endpointId,
    webhook_id: delivery.messageId,
    type: delivery.type,
    order_id: delivery.orderId,
    state: delivery.state,
    next_attempt_at: delivery.nextAttemptAt,
    attempts: delivery.attempts.map(({ statusCode, latencyMs, ...attempt }) => ({
      ...attempt,
      status_code: statusCode,
      latency_ms: latencyMs,
    })),
    created_at: delivery.createdAt,
    updated_at: delivery.updatedAt,
    links: {
      self: `/v1/webhook-deliveries/${delivery.id}`,
      endpoint: `/v1/webhook-endpoints/${delivery.endpointId}`,
    },
  };
}
