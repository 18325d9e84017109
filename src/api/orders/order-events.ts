import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { actorJson, actorSchema } from '../requests/actor-header.js';
import { answer } from '../requests/answers.js';
import type { Actor } from '../../domain/actor.js';
import { existingOrder, type OrderSources } from './accept-checkout.js';
import { orderIdSchema } from './order-schema.js';
import { timestamp } from '../requests/fields.js';
import { listOf, pageOf, pageQuery, placeNumber, placeOf } from '../requests/paging.js';
import { problems } from '../requests/problem-schema.js';
import { refuseInvalid } from '../requests/validation.js';

export interface OrderEvent {
  /** The order's version after this event. */
  seq: number;
  type: string;
  data: Record<string, unknown>;
  actor: Actor | null;
  createdAt: string;
}

/** The timelines of orders. Throws `Unavailable` when the database does not answer. */
export interface OrderEventReader {
  /** The events after `seq`, oldest first. */
  events(orderId: string, afterSeq: number, limit: number): Promise<OrderEvent[]>;
}

export interface OrderEventOptions extends OrderSources {
  trail: OrderEventReader;
}

const eventSchema = z
  .object({
    seq: z.int().min(1).openapi({ description: 'The version of the order after this event.' }),
    type: z.string().openapi({ description: 'What happened, such as `order.confirmed`.' }),
    data: z.record(z.string(), z.unknown()),
    actor: actorSchema.nullable(),
    created_at: timestamp,
  })
  .openapi('OrderEvent', {
    example: { seq: 3, type: 'order.confirmed', data: {}, actor: null, created_at: '2026-11-01T09:30:00.090Z' },
  });

const getEvents = createRoute({
  method: 'get',
  path: '/v1/orders/{id}/events',
  tags: ['Orders'],
  operationId: 'listOrderEvents',
  summary: 'Read what happened to an order',
  description: 'The timeline of the order, oldest first. Entries are never changed or removed.',
  request: { params: z.object({ id: orderIdSchema }), query: pageQuery },
  responses: {
    200: answer('What happened to the order, oldest first', listOf('OrderEventList', eventSchema)),
    ...problems('not-found', 'validation-error'),
  },
});

const place = z.tuple([placeNumber]);

export function createOrderEventRoutes({ trail, reader, workflows }: OrderEventOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app.openapi(getEvents, async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const [afterSeq] = placeOf(cursor, place) ?? [0];
    const events = await trail.events(id, afterSeq, limit + 1);
    if (events.length === 0) await existingOrder({ reader, workflows }, id);
    return c.json(pageOf(events, limit, { json: eventJson, place: ({ seq }) => [seq] }), 200);
  });
}

/** An event as the API shows it. */
export function eventJson({ seq, type, data, actor, createdAt }: OrderEvent): z.infer<typeof eventSchema> {
  return { seq, type, data, actor: actorJson(actor), created_at: createdAt };
}
