import { createHash } from 'node:crypto';
import { OpenAPIHono, createRoute, z } from '@hono/zod-openapi';
import type { OrderChanges } from '../../domain/order-change.js';
import type { OrderRecord } from '../../domain/order-record.js';
import type { OrderStatus } from '../../domain/order.js';
import { actorOf } from '../requests/actor-header.js';
import { answer } from '../requests/answers.js';
import { existingOrder } from './accept-checkout.js';
import { phoneSchema, toAddress, unnamedAddressSchema } from './address-schema.js';
import type { OrderActionOptions } from './order-actions.js';
import { orderJson, orderJsonSchema } from './order-json.js';
import { checkoutSchema, metadataSchema, orderIdSchema } from './order-schema.js';
import { changedMeanwhile, etagOf, expectedVersions } from '../requests/if-match.js';
import { given } from '../requests/given.js';
import { FROM_JSON, problems } from '../requests/problem-schema.js';
import { Problem } from '../requests/problems.js';
import { takes } from '../requests/header-docs.js';
import { guarded } from '../requests/guarded-route.js';
import { strictJson } from '../requests/strict-json.js';
import { jsonBody, refuseInvalid } from '../requests/validation.js';

const amendSchema = z
  .strictObject({
    shipping_address: unnamedAddressSchema.nullable().optional(),
    billing_address: unnamedAddressSchema.nullable().optional(),
    customer_phone: phoneSchema.nullable().optional(),
    metadata: metadataSchema.optional(),
  })
  .refine((body) => Object.keys(body).length > 0, 'must have at least one field to change')
  .openapi('OrderChange', {
    minProperties: 1,
    description: 'What is absent stays as it is; null takes it away. `metadata` replaces all entries.',
    example: { customer_phone: '+44 20 7946 0018' },
  });

const patchOrder = createRoute({
  method: 'patch',
  path: '/v1/orders/{id}',
  tags: ['Orders'],
  operationId: 'changeOrder',
  summary: 'Change addresses, phone or metadata of an order',
  description:
    'Until something of the order has shipped. Items, prices, currency, customer and payment never change: cancel the order and ' +
    'place a new one instead (see `/docs/errors#not-changeable`).',
  parameters: takes('IfMatch', 'Actor'),
  request: { params: z.object({ id: orderIdSchema }), body: jsonBody(amendSchema) },
  responses: {
    200: answer('Changed', orderJsonSchema, 'ETag'),
    ...problems(...FROM_JSON, 'not-found', 'not-changeable', 'precondition-failed'),
  },
});

export function createAmendRoutes({ policy, requests, maxBodyBytes, ...sources }: OrderActionOptions) {
  const app = new OpenAPIHono({
    defaultHook: (result, c) => {
      if (!result.success) refuseFixed(result.error, c.req.param('id') ?? '');
      return refuseInvalid(result);
    },
  });

  return app.openapi(guarded(patchOrder, strictJson(maxBodyBytes)), async (c) => {
    const { id: orderId } = c.req.valid('param');
    const changes = toChanges(c.req.valid('json'));
    const expected = expectedVersions(c.req.header('If-Match'));
    const before = await existingOrder(sources, orderId);
    if (expected !== undefined && !expected.includes(before.version)) throw changedMeanwhile(before.version);

    const changeId = idOf(before.version, expected, changes);
    const actor = actorOf(c);
    const decision = await requests.amend({ orderId, changeId, ...given({ expected }), changes, actor }, policy);
    const now = await existingOrder(sources, orderId);
    if (decision.kind === 'refused') {
      if (decision.code === 'stale') throw changedMeanwhile(now.version);
      throw notChangeable(now, decision.status ?? now.status);
    }
    c.header('ETag', etagOf(now.version));
    return c.json(orderJson(now, sources.workflows), 200);
  });
}

function toChanges(body: z.infer<typeof amendSchema>): OrderChanges {
  return given({
    shippingAddress: body.shipping_address && toAddress(body.shipping_address),
    billingAddress: body.billing_address && toAddress(body.billing_address),
    customerPhone: body.customer_phone,
    metadata: body.metadata,
  });
}

/** What a checkout has and a change must not is no slip: the answer says what to do instead. */
function refuseFixed({ issues }: z.ZodError, orderId: string): void {
  const unknown = issues.flatMap((issue) => (issue.code === 'unrecognized_keys' ? issue.keys : []));
  const fixed = unknown.filter((name) => name in checkoutSchema.shape);
  if (fixed.length === 0) return;
  const what = fixed.join(', ');
  const detail = `${what} of order ${orderId} cannot be changed. Cancel the order and place a new one with a new order_id instead.`;
  const errors = fixed.map((name) => ({ pointer: `/${name}`, detail: 'cannot be changed' }));
  throw new Problem('not-changeable', detail, { cancel: cancelPath(orderId), errors });
}

const cancelPath = (orderId: string) => `/v1/orders/${orderId}/cancel`;

/** The same request, sent again because its answer got lost, is the same change. */
function idOf(version: number, expected: readonly number[] | undefined, changes: OrderChanges): string {
  const canonical = JSON.stringify([version, expected ?? null, changes]);
  return createHash('sha256').update(canonical).digest('base64url');
}

function notChangeable({ order }: OrderRecord, status: OrderStatus): Problem {
  const detail =
    `Order ${order.orderId} is ${status}, is being cancelled, or has begun to ship: ` +
    'nothing of it can be changed. Return what has shipped; otherwise cancel the order and place a new one.';
  return new Problem('not-changeable', detail, { order_status: status, cancel: cancelPath(order.orderId) });
}
