import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Actor } from '../../domain/actor.js';
import type { OrderRecord } from '../../domain/order-record.js';
import { actorOf } from '../requests/actor-header.js';
import { answer } from '../requests/answers.js';
import { existingOrder } from './accept-checkout.js';
import { goodsReturned, type OrderActionOptions } from './order-actions.js';
import { orderJson, orderJsonSchema } from './order-json.js';
import { orderIdSchema } from './order-schema.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { takes } from '../requests/header-docs.js';
import { refuseInvalid } from '../requests/validation.js';

const postFulfilment = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/fulfilment',
  tags: ['Orders'],
  operationId: 'fulfilOrder',
  summary: 'Complete an order that was shipped',
  description:
    'After this, the order can be refunded but not cancelled. Refused if its goods are back in stock, or may come back.',
  parameters: takes('Actor'),
  request: { params: z.object({ id: orderIdSchema }) },
  responses: {
    200: answer('The order is completed, now or already before', orderJsonSchema),
    ...problems(...FROM_JSON, 'not-found', 'not-fulfillable', 'goods-returned'),
  },
});

export function createFulfilmentRoutes(options: OrderActionOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app.openapi(postFulfilment, async (c) => {
    const record = await fulfillOrder(options, c.req.valid('param').id, actorOf(c));
    return c.json(orderJson(record, options.workflows), 200);
  });
}

/** @throws Problem `not-found`, `not-fulfillable` or `goods-returned` */
export async function fulfillOrder(
  { policy, requests, ...sources }: OrderActionOptions,
  id: string,
  actor: Actor,
): Promise<OrderRecord> {
  const before = await existingOrder(sources, id);
  if (before.status === 'completed') return before;

  const decision = await requests.fulfil(id, policy, actor);
  const now = await existingOrder(sources, id);
  if (decision.kind === 'admitted') return now;
  const status = decision.status ?? now.status;
  if (decision.code === 'goods_returned') throw goodsReturned(now, 'they cannot be shipped.');
  const detail = `Order ${id} is ${status}; only a confirmed order can be fulfilled.`;
  throw new Problem('not-fulfillable', detail, { order_status: status });
}
