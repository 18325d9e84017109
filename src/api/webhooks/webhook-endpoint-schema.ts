import { z } from '@hono/zod-openapi';
import { EVENT_FILTERS } from '../../domain/event-filter.js';
import type { WebhookEndpoint } from '../../domain/webhook-endpoint.js';
import { textOrNothing, timestamp } from '../requests/fields.js';
import { listOf, pageQuery } from '../requests/paging.js';

export const endpointParams = z.object({ id: z.string().regex(/^we_[0-9a-f]{32}$/) });

const fields = {
  url: z.string().min(1).max(2000).openapi({ example: 'https://shop.example/hooks/orders' }),
  description: textOrNothing(200),
  event_types: z
    .array(z.enum(EVENT_FILTERS))
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
  .openapi('NewWebhookEndpoint', {
    example: { url: 'https://shop.example/hooks/orders', description: 'warehouse', event_types: ['order.*'] },
  });

export const endpointChangeSchema = z
  .strictObject({ ...fields, state: z.enum(['enabled', 'disabled']) })
  .partial()
  .refine((change) => Object.keys(change).length > 0, 'must change something: url, description, event_types or state')
  .openapi('WebhookEndpointChange', { minProperties: 1, example: { event_types: ['order.*', 'refund.failed'] } });

export const endpointQuery = pageQuery;

/** The position in a list of endpoints: the id of the last one. */
export const endpointPlace = z.tuple([endpointParams.shape.id]);

const shown = {
  id: z.string(),
  url: z.string(),
  description: z.string(),
  event_types: z.array(z.string()),
  state: z.enum(['enabled', 'disabled']),
  disabled_reason: z.string().nullable(),
  old_secret_until: timestamp
    .nullable()
    .openapi({ description: 'Until when the previous secret also signs; null if it does not.' }),
  created_at: timestamp,
  updated_at: timestamp,
  links: z.object({ self: z.string(), deliveries: z.string() }),
};

const EXAMPLE = {
  id: `we_${'0f3e9a77'.repeat(4)}`,
  url: 'https://shop.example/hooks/orders',
  description: 'warehouse',
  event_types: ['order.*'],
  state: 'enabled' as const,
  disabled_reason: null,
  old_secret_until: null,
  created_at: '2026-03-09T12:00:00.000Z',
  updated_at: '2026-03-09T12:00:00.000Z',
  links: {
    self: `/v1/webhook-endpoints/we_${'0f3e9a77'.repeat(4)}`,
    deliveries: `/v1/webhook-deliveries?endpoint_id=we_${'0f3e9a77'.repeat(4)}`,
  },
};

export const endpointJsonSchema = z.object(shown).openapi('WebhookEndpoint', { example: EXAMPLE });

/** The only answers that show the secret. */
export const endpointWithSecretSchema = z
  .object({ ...shown, secret: z.string().openapi({ description: 'Shown only in this answer.' }) })
  .openapi('WebhookEndpointWithSecret', {
    example: { ...EXAMPLE, secret: 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD' },
  });

export const endpointListSchema = listOf('WebhookEndpointList', endpointJsonSchema);

/** An endpoint as the API shows it. Its secrets are shown only once, when they are created. */
export function endpointJson(endpoint: WebhookEndpoint): z.infer<typeof endpointJsonSchema> {
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
