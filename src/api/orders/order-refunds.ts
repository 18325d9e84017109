import { createHash } from 'node:crypto';
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { Actor } from '../../domain/actor.js';
import { MAX_AMOUNT_MINOR } from '../../domain/money.js';
import { refundableMinor, type OrderRecord, type Refund } from '../../domain/order-record.js';
import type { Admission } from '../../domain/outcomes.js';
import { actorOf } from '../requests/actor-header.js';
import { answer as answerOf } from '../requests/answers.js';
import { existingOrder } from './accept-checkout.js';
import { refundIdFromKey, requiredKey } from '../requests/idempotency-key.js';
import { goodsReturned, type OrderActionOptions } from './order-actions.js';
import { REFUND_EXAMPLE } from './order-example.js';
import { refundJson, refundJsonSchema } from './order-json.js';
import { orderIdSchema } from './order-schema.js';
import { text } from '../requests/fields.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { takes } from '../requests/header-docs.js';
import { guarded } from '../requests/guarded-route.js';
import { strictJson } from '../requests/strict-json.js';
import { jsonBody, refuseInvalid } from '../requests/validation.js';

const refundSchema = z
  .strictObject({
    /** Default: everything that is left. */
    amount_minor: z
      .int()
      .min(1)
      .max(MAX_AMOUNT_MINOR)
      .optional()
      .openapi({ description: 'Default: all that is left of the payment.' }),
    reason: text(500).openapi({ example: 'arrived broken' }),
    restock: z.boolean().default(false).openapi({
      description:
        'Whether all goods of the order have been returned. Only with a refund of all that is left of the payment, and only once; from then on, the order cannot be fulfilled.',
    }),
  })
  .openapi('RefundBody', { example: { amount_minor: 500, reason: 'arrived scratched' } });

const orderRefund = z
  .object({ order_id: orderIdSchema, ...refundJsonSchema.shape })
  .openapi('OrderRefund', { example: { order_id: 'order-1001', ...REFUND_EXAMPLE } });

const postRefund = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/refunds',
  tags: ['Orders'],
  operationId: 'refundOrder',
  summary: 'Refund an order, in full or in part',
  description:
    'Accepts the refund and sends the money in the background. The `Idempotency-Key` makes a retry safe: the same key returns the same refund.',
  parameters: takes('RequiredIdempotencyKey', 'Actor'),
  request: { params: z.object({ id: orderIdSchema }), body: jsonBody(refundSchema) },
  responses: {
    200: answerOf(
      'The same refund was requested before; this is its current state',
      orderRefund,
      'Location',
      'Idempotency-Replayed',
    ),
    202: answerOf('The refund is on its way', orderRefund, 'Location'),
    ...problems(
      ...FROM_JSON,
      'idempotency-key-missing',
      'idempotency-key-invalid',
      'not-found',
      'not-refundable',
      'idempotency-conflict',
      'refund-exceeds-captured',
      'restock-needs-full-refund',
      'goods-returned',
    ),
  },
});

export function createRefundRoutes(options: OrderActionOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app.openapi(guarded(postRefund, strictJson(options.maxBodyBytes)), async (c) => {
    const { id: orderId } = c.req.valid('param');
    const key = requiredKey(c.req.header('Idempotency-Key'));
    const { refund, replayed } = await refundOrder(options, {
      orderId,
      key,
      actor: actorOf(c),
      ...c.req.valid('json'),
    });
    if (replayed) c.header('Idempotency-Replayed', 'true');
    return answer(c, orderId, refund, replayed ? 200 : 202);
  });
}

/** Accepts a refund once per key. @throws Problem as the route documents */
export async function refundOrder(
  { policy, requests, ...sources }: OrderActionOptions,
  { orderId, key, actor, ...body }: z.infer<typeof refundSchema> & { orderId: string; key: string; actor: Actor },
): Promise<{ refund: Refund; replayed: boolean }> {
  const refundId = refundIdFromKey(orderId, key);
  const fingerprint = fingerprintOf(body);

  const known = refundOf(await existingOrder(sources, orderId), refundId);
  if (known !== undefined) {
    refuseOther(known, fingerprint);
    return { refund: known, replayed: true };
  }

  const { amount_minor: amountMinor, reason, restock } = body;
  const amount = amountMinor === undefined ? {} : { amountMinor };
  const request = { orderId, refundId, ...amount, reason, restock, fingerprint, actor };
  const decision = await requests.refund(request, policy);
  const record = await existingOrder(sources, orderId);
  if (decision.kind === 'refused') throw refusal(decision, record);

  const refund = refundOf(record, refundId);
  if (refund === undefined) throw new Error(`refund ${refundId} was admitted and has no row`);
  // The same key may have been used twice at once, with different bodies.
  refuseOther(refund, fingerprint);
  return { refund, replayed: false };
}

function answer(c: Context, orderId: string, refund: Refund, status: 200 | 202) {
  c.header('Location', `/v1/orders/${orderId}`);
  return c.json({ order_id: orderId, ...refundJson(refund) }, status);
}

function refundOf(record: OrderRecord, refundId: string): Refund | undefined {
  return record.refunds.find(({ id }) => id === refundId);
}

function fingerprintOf({ amount_minor: amountMinor, reason, restock }: z.infer<typeof refundSchema>): string {
  const canonical = JSON.stringify(['refund/1', amountMinor ?? null, reason, restock]);
  return createHash('sha256').update(canonical).digest('hex');
}

function refuseOther(refund: Refund, fingerprint: string): void {
  if (refund.fingerprint !== fingerprint) throw conflict();
}

function conflict(): Problem {
  const detail = 'This Idempotency-Key was used for a different refund of this order. Use a new key for a new refund.';
  return new Problem('idempotency-conflict', detail);
}

function refusal({ code, status }: Extract<Admission, { kind: 'refused' }>, record: OrderRecord): Problem {
  if (code === 'idempotency_conflict') return conflict();
  if (code === 'refund_exceeds_captured') {
    const left = refundableMinor(record);
    const detail = `At most ${left} of this order's payment can be refunded, in minor units of ${record.order.currency}.`;
    return new Problem('refund-exceeds-captured', detail, { max_refundable_minor: left });
  }
  if (code === 'restock_needs_full_refund') {
    const left = refundableMinor(record);
    const detail = `With restock, the refund must be all that is left of the payment: ${left}, in minor units of ${record.order.currency}.`;
    const errors = [{ pointer: '/amount_minor', detail: `must be ${left}, or omitted, with restock` }];
    return new Problem('restock-needs-full-refund', detail, { max_refundable_minor: left, errors });
  }
  if (code === 'goods_returned') {
    const errors = [{ pointer: '/restock', detail: 'must be false: goods can be returned only once' }];
    return goodsReturned(record, 'they cannot come back again. Send this refund without restock.', { errors });
  }
  const now = status ?? record.status;
  const detail = `Order ${record.order.orderId} is ${now}; only confirmed and completed orders can be refunded.`;
  return new Problem('not-refundable', detail, { order_status: now });
}
