import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { existingOrder, type OrderSources } from './checkout.js';
import { orderIdSchema } from './order-schema.js';
import { pageOf, pageQuery, placeOf } from './paging.js';
import { refuseInvalid } from './validation.js';

export interface OrderEvent {
  /** The order's version that this event made. */
  seq: number;
  type: string;
  data: Record<string, unknown>;
  createdAt: string;
}

/** The trails of orders. Throws `Unavailable` when the database is away. */
export interface OrderTrail {
  /** The events after `seq`, oldest first. */
  events(orderId: string, afterSeq: number, limit: number): Promise<OrderEvent[]>;
}

export interface TrailOptions extends OrderSources {
  trail: OrderTrail;
}

const getEvents = createRoute({
  method: 'get',
  path: '/v1/orders/{id}/events',
  request: { params: z.object({ id: orderIdSchema }), query: pageQuery },
  responses: { 200: { description: 'What happened to the order, oldest first' } },
});

const place = z.tuple([z.int().min(0)]);

export function createTrailRoutes({ trail, reader, workflows }: TrailOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  app.openapi(getEvents, async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor } = c.req.valid('query');
    const [afterSeq] = placeOf(cursor, place) ?? [0];
    const events = await trail.events(id, afterSeq, limit + 1);
    if (events.length === 0) await existingOrder({ reader, workflows }, id);
    return c.json(pageOf(events, limit, { json: eventJson, place: ({ seq }) => [seq] }), 200);
  });

  return app;
}

/** An event as the API shows it. */
export function eventJson({ seq, type, data, createdAt }: OrderEvent) {
  return { seq, type, data, created_at: createdAt };
}
