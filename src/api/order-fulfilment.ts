import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import { existingOrder } from './checkout.js';
import type { OrderActionOptions } from './order-actions.js';
import { orderJson } from './order-json.js';
import { orderIdSchema } from './order-schema.js';
import { Problem } from './problems.js';
import { refuseInvalid } from './validation.js';

const postFulfilment = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/fulfilment',
  request: { params: z.object({ id: orderIdSchema }) },
  responses: {
    200: { description: 'The order is completed, now or since before' },
    409: { description: 'The order is not confirmed' },
  },
});

export function createFulfilmentRoutes({ policy, requests, ...sources }: OrderActionOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  app.openapi(postFulfilment, async (c) => {
    const { id } = c.req.valid('param');
    const before = await existingOrder(sources, id);
    if (before.status === 'completed') return c.json(orderJson(before), 200);

    const decision = await requests.fulfil(id, policy);
    const now = await existingOrder(sources, id);
    if (decision.kind === 'admitted') return c.json(orderJson(now), 200);
    const status = decision.status ?? now.status;
    const detail = `Order ${id} is ${status}; only a confirmed order can be fulfilled.`;
    throw new Problem('not-fulfillable', detail, { order_status: status });
  });

  return app;
}
