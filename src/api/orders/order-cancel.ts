import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Actor } from '../../domain/actor.js';
import type { OrderRecord } from '../../domain/order-record.js';
import { isCancellable, type OrderStatus } from '../../domain/order.js';
import { actorOf } from '../requests/actor-header.js';
import { answer } from '../requests/answers.js';
import { existingOrder } from './accept-checkout.js';
import type { OrderActionOptions } from './order-actions.js';
import { orderJson, orderJsonSchema } from './order-json.js';
import { orderIdSchema } from './order-schema.js';
import { text } from '../requests/fields.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { guarded } from '../requests/guarded-route.js';
import { takes } from '../requests/header-docs.js';
import { strictJsonIfAny } from '../requests/strict-json.js';
import { optionalJsonBody, refuseInvalid } from '../requests/validation.js';

const cancelSchema = z
  .strictObject({ reason: text(500).default('no reason given').openapi({ example: 'ordered twice' }) })
  .openapi('Cancel', { example: { reason: 'ordered twice' } });

const postCancel = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/cancel',
  tags: ['Orders'],
  operationId: 'cancelOrder',
  summary: 'Cancel an order',
  description:
    'What was captured is refunded and what was reserved is released. Repeating it has no further effect. The body is optional.',
  parameters: takes('Actor'),
  request: { params: z.object({ id: orderIdSchema }), body: optionalJsonBody(cancelSchema) },
  responses: {
    200: answer('The order is cancelled: no stock is reserved and no money was kept', orderJsonSchema),
    202: answer(
      'The cancel was accepted; what was captured is refunded before the order becomes cancelled',
      orderJsonSchema,
    ),
    ...problems(...FROM_JSON, 'not-found', 'not-cancellable'),
  },
});

interface Cancellation {
  status: 200 | 202;
  record: OrderRecord;
}

export function createCancelRoutes(options: OrderActionOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app.openapi(guarded(postCancel, strictJsonIfAny(options.maxBodyBytes)), async (c) => {
    const asked = { orderId: c.req.valid('param').id, reason: c.req.valid('json').reason, actor: actorOf(c) };
    const { status, record } = await cancelOrder(options, asked);
    return c.json(orderJson(record, options.workflows), status);
  });
}

/** @throws Problem `not-found` or `not-cancellable` */
export async function cancelOrder(
  { policy, requests, cancels, ...sources }: OrderActionOptions,
  { orderId, reason: asked, actor }: { orderId: string; reason: string; actor: Actor },
): Promise<Cancellation> {
  const before = await existingOrder(sources, orderId);
  const decided = cancelled(before);
  if (decided !== undefined) return decided;

  // From here on, the order will not be confirmed, whichever process dies: the rest only cancels it sooner.
  const kept = await cancels.accept({ orderId, reason: asked, actor });
  if (kept.kind === 'refused') {
    const over = cancelled(await existingOrder(sources, orderId));
    if (over !== undefined) return over;
    throw notCancellable(orderId, kept.status);
  }
  const { reason } = kept;
  const requested = (record: OrderRecord): Cancellation => ({
    status: 202,
    record: { ...record, cancelRequested: true, cancelReason: reason },
  });

  if (await requests.cancel(orderId, reason)) return requested(before);

  // The checkout is over; its last write came before it closed.
  const after = await existingOrder(sources, orderId);
  const ended = cancelled(after);
  if (ended !== undefined) return ended;
  if (after.status !== 'confirmed') {
    await requests.cancelInterrupted(after.order, policy, reason);
    // The running checkout may have confirmed the order before the cancel was accepted.
    const recovered = await existingOrder(sources, orderId);
    const over = cancelled(recovered);
    if (over !== undefined) return over;
    if (recovered.status !== 'confirmed') return requested(recovered);
  }

  const decision = await requests.cancelSettled(after.order, policy, reason);
  const now = await existingOrder(sources, orderId);
  if (decision.kind === 'admitted') return { status: 202, record: now };
  const elsewhere = cancelled(now);
  if (elsewhere !== undefined) return elsewhere;
  throw notCancellable(orderId, decision.status ?? now.status);
}

/** The answer for an order that can no longer be cancelled; undefined if it can. */
function cancelled(record: OrderRecord): Cancellation | undefined {
  if (record.status === 'cancelled') return { status: 200, record };
  if (record.status === 'cancelling') return { status: 202, record };
  if (!isCancellable(record.status)) throw notCancellable(record.order.orderId, record.status);
  return undefined;
}

function notCancellable(orderId: string, status: OrderStatus): Problem {
  const detail =
    status === 'confirmed'
      ? `Order ${orderId} has begun to ship and cannot be cancelled. Refund what the customer does not keep.`
      : `Order ${orderId} is ${status}; an order in this status cannot be cancelled.`;
  return new Problem('not-cancellable', detail, { order_status: status });
}
