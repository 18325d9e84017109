import { z } from '@hono/zod-openapi';
import { DELIVERY_STATES } from '../../domain/delivery.js';
import { PUBLIC_EVENT_TYPES, TEST_EVENT } from '../../domain/public-event.js';
import type { WebhookDelivery } from '../../domain/webhook-endpoint.js';
import { orderIdSchema } from '../orders/order-schema.js';
import { timestamp } from '../requests/fields.js';
import { listOf, pageQuery } from '../requests/paging.js';
import { endpointParams } from './webhook-endpoint-schema.js';

export const deliveryParams = z.object({ id: z.string().regex(/^wd_[0-9a-f]{32}$/) });

export const deliveryQuery = pageQuery.extend({
  endpoint_id: endpointParams.shape.id.optional(),
  state: z.enum(DELIVERY_STATES).optional(),
  order_id: orderIdSchema.optional(),
  type: z.enum([...PUBLIC_EVENT_TYPES, TEST_EVENT]).optional(),
});

/** The position in a list of deliveries: the id of the last one. */
export const deliveryPlace = z.tuple([deliveryParams.shape.id]);

const attemptJsonSchema = z.object({
  number: z.int().min(1),
  at: timestamp,
  outcome: z.enum(['accepted', 'refused', 'gone', 'no_answer', 'not_sent']),
  status_code: z.int().nullable().openapi({ description: 'What the receiver answered; null without an answer.' }),
  detail: z.string(),
  latency_ms: z.int().min(0),
  response: z.string().nullable().openapi({
    description: 'The first kilobyte of the body that the receiver answered; null when there was none.',
  }),
});

const deliveryFields = {
  id: z.string(),
  endpoint_id: z.string(),
  webhook_id: z.string().openapi({ description: 'The header `webhook-id` of each try.' }),
  type: z.string(),
  order_id: z.string().nullable().openapi({ description: 'Null for a test.' }),
  state: z.enum(DELIVERY_STATES),
  next_attempt_at: timestamp.nullable(),
  attempts: z.array(attemptJsonSchema),
  created_at: timestamp,
  updated_at: timestamp,
  links: z.object({ self: z.string(), endpoint: z.string() }),
};

export const deliveryJsonSchema = z.object(deliveryFields).openapi('WebhookDelivery', {
  example: {
    id: `wd_${'5d0c4a1b'.repeat(4)}`,
    endpoint_id: `we_${'0f3e9a77'.repeat(4)}`,
    webhook_id: 'evt_order-1001_3',
    type: 'order.confirmed',
    order_id: 'order-1001',
    state: 'delivered',
    next_attempt_at: null,
    attempts: [
      {
        number: 1,
        at: '2026-03-09T12:00:01.204Z',
        outcome: 'accepted',
        status_code: 204,
        detail: '',
        latency_ms: 31,
        response: null,
      },
    ],
    created_at: '2026-03-09T12:00:01.180Z',
    updated_at: '2026-03-09T12:00:01.236Z',
    links: {
      self: `/v1/webhook-deliveries/wd_${'5d0c4a1b'.repeat(4)}`,
      endpoint: `/v1/webhook-endpoints/we_${'0f3e9a77'.repeat(4)}`,
    },
  },
});

export const deliveryWithPayloadSchema = z
  .object({
    ...deliveryFields,
    payload: z.looseObject({}).openapi({ description: 'The body that each try sends.' }),
  })
  .openapi('WebhookDeliveryWithPayload');

export const deliveryListSchema = listOf('WebhookDeliveryList', deliveryJsonSchema);

/** A delivery as the API shows it. */
export function deliveryJson(delivery: WebhookDelivery): z.infer<typeof deliveryJsonSchema> {
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
