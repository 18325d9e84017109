import { z } from '@hono/zod-openapi';
import { EVENT_FILTERS } from '../domain/event-filter.js';
import type { WebhookEndpoint } from '../domain/webhook-endpoint.js';
import { pageQuery } from './paging.js';

export const endpointParams = z.object({ id: z.string().regex(/^we_[0-9a-f]{32}$/) });

const fields = {
  url: z.string().min(1).max(2000).openapi({ example: 'https://shop.example/hooks/orders' }),
  description: z
    .string()
    .max(200)
    .regex(/^[^\p{Cc}\p{Cs}]*$/u, 'must not contain control characters or lone surrogates'),
  event_types: z
    .array(z.string().refine((type) => EVENT_FILTERS.includes(type), `must be one of ${EVENT_FILTERS.join(', ')}`))
    .min(1)
    .max(EVENT_FILTERS.length)
    .openapi({ example: ['order.*', 'refund.failed'] }),
};

export const newEndpointSchema = z
  .strictObject({
    url: fields.url,
    description: fields.description.default(''),
    event_types: fields.event_types.default(['*']),
  })
  .openapi('NewWebhookEndpoint');

export const endpointChangeSchema = z
  .strictObject({ ...fields, state: z.enum(['enabled', 'disabled']) })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something: url, description, event_types or state')
  .openapi('WebhookEndpointChange');

export const endpointQuery = pageQuery;

/** Where a list of endpoints goes on: the last one's id. */
export const endpointPlace = z.tuple([z.string().max(100)]);

/** An endpoint as the API shows it. Its secrets are shown once, by what made them. */
export function endpointJson(endpoint: WebhookEndpoint) {
  return {
    id: endpoint.id,
    url: endpoint.url,
    description: endpoint.description,
    event_types: endpoint.eventTypes,
    state: endpoint.state,
    disabled_reason: endpoint.disabledReason,
    old_secret_until: endpoint.oldSecretUntil,
    created_at: endpoint.createdAt,
    updated_at: endpoint.updatedAt,
    links: {
      self: `/v1/webhook-endpoints/${endpoint.id}`,
      deliveries: `/v1/webhook-deliveries?endpoint_id=${endpoint.id}`,
    },
  };
}
