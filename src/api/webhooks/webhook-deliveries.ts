import { OpenAPIHono, createRoute } from '@hono/zod-openapi';
import type { DeliveryWithPayload, WebhookDelivery } from '../../domain/webhook-endpoint.js';
import { answer } from '../requests/answers.js';
import { given } from '../requests/given.js';
import { pageOf, placeOf } from '../requests/paging.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { refuseInvalid } from '../requests/validation.js';
import {
  deliveryJson,
  deliveryJsonSchema,
  deliveryListSchema,
  deliveryParams,
  deliveryPlace,
  deliveryQuery,
  deliveryWithPayloadSchema,
} from './webhook-delivery-schema.js';

export interface DeliveryFilter {
  endpointId?: string;
  state?: WebhookDelivery['state'];
  orderId?: string;
  type?: string;
  limit: number;
  /** Only those older than this one. */
  beforeId?: string;
}

export type Replayed =
  | { kind: 'replayed'; delivery: WebhookDelivery }
  | { kind: 'not_found' }
  | { kind: 'no_receiver'; endpointState: 'disabled' | 'deleted' };

/** The deliveries as the API shows them. Throws `Unavailable` when the database is unavailable. */
export interface WebhookDeliveryStore {
  /** Newest first. */
  list(filter: DeliveryFilter): Promise<WebhookDelivery[]>;
  find(id: string): Promise<DeliveryWithPayload | undefined>;
  /** Starts another round of tries now, unless it is being sent right now; a relay continues from there. */
  replay(id: string): Promise<Replayed>;
}

export interface DeliveryOptions {
  webhookDeliveries: WebhookDeliveryStore;
}

const path = '/v1/webhook-deliveries';
const request = { params: deliveryParams };
const tags = ['Webhooks'];

const getDeliveries = createRoute({
  method: 'get',
  path,
  tags,
  operationId: 'listWebhookDeliveries',
  summary: 'List the deliveries',
  description: 'Deliveries, newest first, with the state and the tries of each.',
  request: { query: deliveryQuery },
  responses: {
    200: answer('The deliveries, newest first, each with its tries', deliveryListSchema),
    ...problems('validation-error'),
  },
});
const getDelivery = createRoute({
  method: 'get',
  path: `${path}/{id}`,
  tags,
  operationId: 'getWebhookDelivery',
  summary: 'Read a delivery',
  description: 'The delivery with its payload, and with each of its tries and what the receiver answered.',
  request,
  responses: {
    200: answer('The delivery with its payload and its tries', deliveryWithPayloadSchema),
    ...problems('not-found', 'validation-error'),
  },
});
const postReplay = createRoute({
  method: 'post',
  path: `${path}/{id}/replay`,
  tags,
  operationId: 'replayWebhookDelivery',
  summary: 'Send a delivery again',
  description:
    'Sends the event now, under the same `webhook-id`: again if it was delivered or has failed, and without waiting for ' +
    'its next try if it is being retried.',
  request,
  responses: {
    202: answer('It is being sent, with the whole schedule of tries', deliveryJsonSchema),
    ...problems(...FROM_JSON, 'not-found', 'endpoint-disabled'),
  },
});

export function createDeliveryRoutes({ webhookDeliveries: deliveries }: DeliveryOptions) {
  return new OpenAPIHono({ defaultHook: refuseInvalid })
    .openapi(getDeliveries, async (c) => {
      const { endpoint_id: endpointId, order_id: orderId, state, type, limit, cursor } = c.req.valid('query');
      const [beforeId] = placeOf(cursor, deliveryPlace) ?? [];
      const filter = given({ endpointId, orderId, state, type, beforeId });
      const found = await deliveries.list({ ...filter, limit: limit + 1 });
      return c.json(pageOf(found, limit, { json: deliveryJson, place: ({ id }) => [id] }), 200);
    })
    .openapi(getDelivery, async (c) => {
      const delivery = await deliveries.find(c.req.valid('param').id);
      if (delivery === undefined) throw notFound();
      return c.json({ ...deliveryJson(delivery), payload: delivery.payload }, 200);
    })
    .openapi(postReplay, async (c) => {
      return c.json(deliveryJson(await resendDelivery(deliveries, c.req.valid('param').id)), 202);
    });
}

/** @throws Problem `not-found` or `endpoint-disabled` */
export async function resendDelivery(
  deliveries: Pick<WebhookDeliveryStore, 'replay'>,
  id: string,
): Promise<WebhookDelivery> {
  const replayed = await deliveries.replay(id);
  switch (replayed.kind) {
    case 'replayed':
      return replayed.delivery;
    case 'not_found':
      throw notFound();
    case 'no_receiver':
      throw new Problem('endpoint-disabled', `The endpoint of this delivery is ${replayed.endpointState}.`);
  }
}

function notFound(): Problem {
  return new Problem('not-found', 'There is no webhook delivery with this id.');
}
