// Webhooks both ways: endpoints that receive our events, and the gateway's events that we receive.
// Never delivers: `relay` and `activities/deliveries` do that.

import { randomBytes } from 'node:crypto';
import { OpenAPIHono, createRoute } from '@hono/zod-openapi';
import type { EventSender } from '../../activities/deliveries/event-sender.js';
import {
  MOST_ENDPOINTS,
  OLD_SECRET_MS,
  type WebhookDelivery,
  type WebhookEndpoint,
} from '../../domain/webhook-endpoint.js';
import { answer, emptyAnswer } from '../requests/answers.js';
import { given } from '../requests/given.js';
import { pageOf, placeOf } from '../requests/paging.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { guarded } from '../requests/guarded-route.js';
import { strictJson } from '../requests/strict-json.js';
import { jsonBody, refuseInvalid } from '../requests/validation.js';
import { deliveryJson, deliveryJsonSchema } from './webhook-delivery-schema.js';
import {
  endpointChangeSchema,
  endpointJson,
  endpointJsonSchema,
  endpointListSchema,
  endpointParams,
  endpointPlace,
  endpointQuery,
  endpointWithSecretSchema,
  newEndpointSchema,
} from './webhook-endpoint-schema.js';

export interface EndpointChange {
  url?: string;
  description?: string;
  eventTypes?: string[];
  state?: 'enabled' | 'disabled';
}

export type NewEndpoint = Required<Omit<EndpointChange, 'state'>> & { secret: string };

export type EndpointChanged =
  | { kind: 'done'; endpoint: WebhookEndpoint }
  | { kind: 'not_found' }
  | { kind: 'url_taken' }
  | { kind: 'too_many' }
  | { kind: 'rotating' }
  | { kind: 'disabled' };

/** The endpoints that receive events. Throws `Unavailable` when the database is unavailable. */
export interface EndpointStore {
  /** Oldest first. */
  list(limit: number, afterId?: string): Promise<WebhookEndpoint[]>;
  find(id: string): Promise<WebhookEndpoint | undefined>;
  create(endpoint: NewEndpoint, most: number): Promise<EndpointChanged>;
  change(id: string, change: EndpointChange): Promise<EndpointChanged>;
  /** Its open deliveries end as cancelled. @returns whether it existed */
  remove(id: string): Promise<boolean>;
  /** The current secret becomes the old one for a while. */
  rotate(id: string, secret: string, oldForMs: number): Promise<EndpointChanged>;
  /** Stops signing with the old secret. */
  dropOldSecret(id: string): Promise<EndpointChanged>;
  /** Starts the delivery of a test event to an enabled endpoint. */
  test(id: string): Promise<EndpointChanged | { kind: 'sent'; delivery: WebhookDelivery }>;
}

export interface EndpointOptions {
  endpoints: EndpointStore;
  eventSender: Pick<EventSender, 'refuse'>;
  maxBodyBytes: number;
}

const path = '/v1/webhook-endpoints';
const one = `${path}/{id}` as const;
const request = { params: endpointParams };
const tags = ['Webhooks'];
const ONE = ['not-found', 'validation-error'] as const;

const getEndpoints = createRoute({
  method: 'get',
  path,
  tags,
  operationId: 'listWebhookEndpoints',
  summary: 'List the endpoints',
  description: 'All endpoints with their state. Secrets are never shown again.',
  request: { query: endpointQuery },
  responses: { 200: answer('The endpoints, oldest first', endpointListSchema), ...problems('validation-error') },
});
const postEndpoint = createRoute({
  method: 'post',
  path,
  tags,
  operationId: 'createWebhookEndpoint',
  summary: 'Create an endpoint',
  description: 'Events are sent to it as Standard Webhooks, signed with the secret of this answer.',
  request: { body: jsonBody(newEndpointSchema) },
  responses: {
    201: answer('Created; its secret is only in this answer', endpointWithSecretSchema, 'Location'),
    ...problems(...FROM_JSON, 'endpoint-exists', 'too-many-endpoints'),
  },
});
const getEndpoint = createRoute({
  method: 'get',
  path: one,
  tags,
  operationId: 'getWebhookEndpoint',
  summary: 'Read an endpoint',
  description: 'The endpoint with its state and what it subscribes to.',
  request,
  responses: { 200: answer('The endpoint', endpointJsonSchema), ...problems(...ONE) },
});
const patchEndpoint = createRoute({
  method: 'patch',
  path: one,
  tags,
  operationId: 'changeWebhookEndpoint',
  summary: 'Change an endpoint',
  description: 'Changes the URL, the description, the event types or the state.',
  request: { ...request, body: jsonBody(endpointChangeSchema) },
  responses: { 200: answer('Changed', endpointJsonSchema), ...problems(...FROM_JSON, 'not-found', 'endpoint-exists') },
});
const deleteEndpoint = createRoute({
  method: 'delete',
  path: one,
  tags,
  operationId: 'deleteWebhookEndpoint',
  summary: 'Delete an endpoint',
  description: 'Deletes the endpoint and cancels its open deliveries.',
  request,
  responses: {
    204: emptyAnswer('Deleted; its open deliveries are cancelled'),
    ...problems(...FROM_JSON, ...ONE),
  },
});
const postSecret = createRoute({
  method: 'post',
  path: `${one}/secrets`,
  tags,
  operationId: 'rotateWebhookSecret',
  summary: 'Rotate the secret',
  description: 'Creates a second secret. Until the old one is deleted, messages are signed with both.',
  request,
  responses: {
    201: answer('The new secret, shown only once; the old one also signs for 24 hours', endpointWithSecretSchema),
    ...problems(...FROM_JSON, ...ONE, 'secret-rotating'),
  },
});
const deleteOldSecret = createRoute({
  method: 'delete',
  path: `${one}/secrets/old`,
  tags,
  operationId: 'dropOldWebhookSecret',
  summary: 'Delete the old secret',
  description: 'Stops signing with the secret before the current one.',
  request,
  responses: {
    200: answer('Only the new secret signs now', endpointJsonSchema),
    ...problems(...FROM_JSON, ...ONE),
  },
});
const postTest = createRoute({
  method: 'post',
  path: `${one}/test`,
  tags,
  operationId: 'testWebhookEndpoint',
  summary: 'Send a test event',
  description: 'Sends a `webhook.test` event to the endpoint, whatever it subscribes to.',
  request,
  responses: {
    202: answer('A `webhook.test` event is on its way', deliveryJsonSchema),
    ...problems(...FROM_JSON, ...ONE, 'endpoint-disabled'),
  },
});

export function createEndpointRoutes({ endpoints, eventSender, maxBodyBytes }: EndpointOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });
  const strict = strictJson(maxBodyBytes);

  return app
    .openapi(getEndpoints, async (c) => {
      const { limit, cursor } = c.req.valid('query');
      const [afterId] = placeOf(cursor, endpointPlace) ?? [];
      const found = await endpoints.list(limit + 1, afterId);
      return c.json(pageOf(found, limit, { json: endpointJson, place: ({ id }) => [id] }), 200);
    })
    .openapi(guarded(postEndpoint, strict), async (c) => {
      const { url, description, event_types: eventTypes } = c.req.valid('json');
      refuseUrl(url);
      const secret = newSecret();
      const endpoint = done(await endpoints.create({ url, description, eventTypes, secret }, MOST_ENDPOINTS));
      c.header('Location', `${path}/${endpoint.id}`);
      return c.json({ ...endpointJson(endpoint), secret }, 201);
    })
    .openapi(getEndpoint, async (c) => {
      const { id } = c.req.valid('param');
      const endpoint = await endpoints.find(id);
      if (endpoint === undefined) throw notFound();
      return c.json(endpointJson(endpoint), 200);
    })
    .openapi(guarded(patchEndpoint, strict), async (c) => {
      const { event_types: eventTypes, ...rest } = c.req.valid('json');
      if (rest.url !== undefined) refuseUrl(rest.url);
      const endpoint = done(await endpoints.change(c.req.valid('param').id, given({ ...rest, eventTypes })));
      return c.json(endpointJson(endpoint), 200);
    })
    .openapi(deleteEndpoint, async (c) => {
      if (!(await endpoints.remove(c.req.valid('param').id))) throw notFound();
      return c.body(null, 204);
    })
    .openapi(postSecret, async (c) => {
      const secret = newSecret();
      const endpoint = done(await endpoints.rotate(c.req.valid('param').id, secret, OLD_SECRET_MS));
      return c.json({ ...endpointJson(endpoint), secret }, 201);
    })
    .openapi(deleteOldSecret, async (c) => {
      return c.json(endpointJson(done(await endpoints.dropOldSecret(c.req.valid('param').id))), 200);
    })
    .openapi(postTest, async (c) => {
      const tested = await endpoints.test(c.req.valid('param').id);
      if (tested.kind !== 'sent') throw refusal(tested);
      return c.json(deliveryJson(tested.delivery), 202);
    });

  function refuseUrl(url: string): void {
    const detail = eventSender.refuse(url);
    if (detail === undefined) return;
    throw new Problem('validation-error', 'This URL cannot be called.', { errors: [{ pointer: '/url', detail }] });
  }
}

function newSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

function done(changed: EndpointChanged): WebhookEndpoint {
  if (changed.kind === 'done') return changed.endpoint;
  throw refusal(changed);
}

function refusal({ kind }: EndpointChanged): Problem {
  switch (kind) {
    case 'url_taken':
      return new Problem('endpoint-exists', 'Another endpoint has this URL. Change that one, or delete it first.');
    case 'too_many':
      return new Problem('too-many-endpoints', `There are ${MOST_ENDPOINTS} endpoints already. Delete one first.`);
    case 'rotating':
      return new Problem('secret-rotating', 'Two secrets are signing already. DELETE …/secrets/old first, or wait.');
    case 'disabled':
      return new Problem('endpoint-disabled', 'Enable the endpoint first: PATCH it with {"state":"enabled"}.');
    case 'not_found':
    case 'done':
      return notFound();
  }
}

function notFound(): Problem {
  return new Problem('not-found', 'There is no webhook endpoint with this id.');
}
