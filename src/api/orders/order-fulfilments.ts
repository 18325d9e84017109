import { createHash } from 'node:crypto';
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { mergeLines } from '../../domain/checkout.js';
import { unshippedOf, type Fulfilment, type RequestedFulfilment } from '../../domain/fulfilment.js';
import type { OrderRecord } from '../../domain/order-record.js';
import type { Admission } from '../../domain/outcomes.js';
import { actorOf } from '../requests/actor-header.js';
import { answer as answerOf } from '../requests/answers.js';
import { text } from '../requests/fields.js';
import { fulfilmentIdFromKey, requiredKey } from '../requests/idempotency-key.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { takes } from '../requests/header-docs.js';
import { guarded } from '../requests/guarded-route.js';
import { strictJsonIfAny } from '../requests/strict-json.js';
import { optionalJsonBody, refuseInvalid } from '../requests/validation.js';
import { existingOrder } from './accept-checkout.js';
import { fulfilmentJson, fulfilmentJsonSchema, FULFILMENT_EXAMPLE } from './fulfilment-json.js';
import { goodsReturned, type OrderActionOptions } from './order-actions.js';
import { itemsSchema, orderIdSchema } from './order-schema.js';

const fulfilmentSchema = z
  .strictObject({
    items: itemsSchema.optional().openapi({ description: 'Default: all that has not been shipped.' }),
    carrier: text(100).optional(),
    tracking_number: text(100).optional(),
    tracking_url: text(2000)
      .regex(/^https?:\/\/[^\s]+$/i, 'must be a URL with http or https')
      .optional()
      .openapi({ format: 'uri', description: 'Where the customer can follow the parcel. Their notice has it.' }),
  })
  .openapi('FulfilmentRequest', {
    example: { items: [{ sku: 'product-A', quantity: 1 }], carrier: 'DHL', tracking_number: '00340434161094015902' },
  });

const orderFulfilment = z
  .object({ order_id: orderIdSchema, ...fulfilmentJsonSchema.shape })
  .openapi('OrderFulfilment', { example: { order_id: 'order-1001', ...FULFILMENT_EXAMPLE } });

const postFulfilment = createRoute({
  method: 'post',
  path: '/v1/orders/{id}/fulfilments',
  tags: ['Orders'],
  operationId: 'createFulfilment',
  summary: 'Ship some or all of an order',
  description:
    'Records what left for the customer together. When everything has shipped, the order is `completed`. From the first ' +
    'shipment on, the order cannot be cancelled; refund it instead.',
  parameters: takes('RequiredIdempotencyKey', 'Actor'),
  request: { params: z.object({ id: orderIdSchema }), body: optionalJsonBody(fulfilmentSchema) },
  responses: {
    200: answerOf('The same fulfillment was recorded before', orderFulfilment, 'Location', 'Idempotency-Replayed'),
    201: answerOf('Recorded', orderFulfilment, 'Location'),
    ...problems(
      ...FROM_JSON,
      'idempotency-key-missing',
      'idempotency-key-invalid',
      'not-found',
      'not-fulfillable',
      'goods-returned',
      'exceeds-unshipped',
      'idempotency-conflict',
    ),
  },
});

export function createFulfilmentsRoutes({ policy, requests, maxBodyBytes, ...sources }: OrderActionOptions) {
  const app = new OpenAPIHono({ defaultHook: refuseInvalid });

  return app.openapi(guarded(postFulfilment, strictJsonIfAny(maxBodyBytes)), async (c) => {
    const { id: orderId } = c.req.valid('param');
    const fulfilmentId = fulfilmentIdFromKey(orderId, requiredKey(c.req.header('Idempotency-Key')));
    const requested = toRequest(orderId, fulfilmentId, c.req.valid('json'));
    const { fingerprint } = requested;
    const earlier = fulfilmentOf(await existingOrder(sources, orderId), fulfilmentId);
    if (earlier !== undefined) {
      refuseOther(earlier, fingerprint);
      c.header('Idempotency-Replayed', 'true');
      return answer(c, orderId, earlier, 200);
    }
    const decision = await requests.createFulfilment({ ...requested, actor: actorOf(c) }, policy);
    const record = await existingOrder(sources, orderId);
    if (decision.kind === 'refused') throw refusal(decision, record);
    const fulfilment = fulfilmentOf(record, fulfilmentId);
    if (fulfilment === undefined) throw new Error(`a parcel of order ${orderId} was admitted and has no row`);
    // The same key may have been used twice at once, with different bodies.
    refuseOther(fulfilment, fingerprint);
    return answer(c, orderId, fulfilment, 201);
  });
}

function toRequest(
  orderId: string,
  fulfilmentId: string,
  body: z.infer<typeof fulfilmentSchema>,
): Omit<RequestedFulfilment, 'actor'> {
  const { carrier = null, tracking_number: trackingNumber = null, tracking_url: trackingUrl = null } = body;
  const items = body.items && mergeLines(body.items);
  const canonical = JSON.stringify(['fulfilment/1', items ?? null, carrier, trackingNumber, trackingUrl]);
  const fingerprint = createHash('sha256').update(canonical).digest('hex');
  const parcel = { carrier, trackingNumber, trackingUrl };
  return { orderId, fulfilmentId, ...(items === undefined ? {} : { items }), ...parcel, fingerprint };
}

function answer(c: Context, orderId: string, fulfilment: Fulfilment, status: 200 | 201) {
  c.header('Location', `/v1/orders/${orderId}`);
  return c.json({ order_id: orderId, ...fulfilmentJson(fulfilment) }, status);
}

function fulfilmentOf({ fulfilments }: OrderRecord, fulfilmentId: string): Fulfilment | undefined {
  return fulfilments.find(({ id }) => id === fulfilmentId);
}

function refuseOther(fulfilment: Fulfilment, fingerprint: string): void {
  if (fulfilment.fingerprint !== fingerprint) throw conflict();
}

function conflict(): Problem {
  const detail =
    'This Idempotency-Key was used for a different fulfillment of this order. Use a new key for a new one.';
  return new Problem('idempotency-conflict', detail);
}

function refusal({ code, status }: Extract<Admission, { kind: 'refused' }>, record: OrderRecord): Problem {
  const now = status ?? record.status;
  if (code === 'idempotency_conflict') return conflict();
  if (code === 'goods_returned') return goodsReturned(record, 'they cannot be shipped.');
  if (code === 'exceeds_unshipped') {
    const left = unshippedOf(record.order.lines, record.fulfilments).map(
      ({ sku, quantity }) => `${quantity} of ${sku}`,
    );
    const detail = `Not shipped yet: ${left.join(', ') || 'nothing'}. Send items with these quantities at most.`;
    return new Problem('exceeds-unshipped', detail, { order_status: now });
  }
  const detail = `Order ${record.order.orderId} is ${now}; only a confirmed order can be fulfilled.`;
  return new Problem('not-fulfillable', detail, { order_status: now });
}
